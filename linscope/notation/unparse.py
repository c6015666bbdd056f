"""A Spec back to text, in one canonical layout: ``parse(unparse(spec)) == spec``."""

from __future__ import annotations

from linscope.notation.spec import (
    AnyNumber,
    AnySize,
    Argument,
    Assertion,
    Constant,
    Dimension,
    Fixed,
    Group,
    Hole,
    Input,
    Items,
    Layer,
    Literal,
    Method,
    Named,
    Shape,
    Spec,
    Step,
    Table,
    Value,
)


def unparse(spec: Spec) -> str:
    """The text of a whole spec: ``[32, 3, 4] -> Linear(4, 2)``."""
    inputs = ", ".join(_input(i) for i in spec.inputs)
    return " -> ".join([inputs, *(unparse_step(step) for step in spec.steps)])


def unparse_step(step: Step) -> str:
    """The text of one step."""
    match step:
        case Layer() | Method():
            return _call(step)
        case Assertion(shape):
            return _shape(shape)
        case Group(steps, count):
            inside = f"({' -> '.join(unparse_step(s) for s in steps)})"
            return f"{inside} * {count}" if count != 1 else inside


def _input(given: Input) -> str:
    shape = _shape(given.shape)
    return f"{given.name}={shape}" if given.name else shape


def _shape(shape: Shape) -> str:
    sizes = f"[{', '.join(_size(d) for d in shape.dimensions)}]"
    return f"{sizes}:{shape.dtype}" if shape.dtype else sizes


def _size(dimension: Dimension) -> str:
    match dimension:
        case Fixed(size):
            return str(size)
        case Named(name, None):
            return name
        case Named(name, size):
            return f"{name}={size}"
        case AnySize():
            return "_"
        case AnyNumber():
            return "..."


def _call(call: Layer | Method) -> str:
    name = f"nn.{call.name}" if isinstance(call, Layer) and call.prefixed else call.name
    parts = [_argument(a) for a in call.arguments]
    if isinstance(call, Layer):
        for child in call.children:
            inner = _call(child.layer)
            times = f"{child.count} x " if child.count != 1 else ""
            parts.append(f"({child.name}): {times}{inner}")
    return f"{name}({', '.join(parts)})" if parts else name


def _argument(argument: Argument) -> str:
    value = unparse_value(argument.value)
    return f"{argument.keyword}={value}" if argument.keyword else value


def unparse_value(value: Value) -> str:
    """The text of one argument."""
    match value:
        case Literal(str() as text):
            return f'"{text}"' if "'" in text else f"'{text}'"
        case Literal(literal):
            return repr(literal)
        case Constant(name):
            return name
        case Hole():
            return "_"
        case Items(items, is_list):
            inside = ", ".join(unparse_value(i) for i in items)
            if is_list:
                return f"[{inside}]"
            return f"({inside},)" if len(items) == 1 else f"({inside})"
        case Table(pairs):
            return "{" + ", ".join(f"{unparse_value(k)}: {unparse_value(v)}" for k, v in pairs) + "}"
        case Layer():
            return _call(value)
