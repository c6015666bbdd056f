"""Hypothesis strategies for well-formed specs, as data."""

from __future__ import annotations

from hypothesis import strategies as st

from linscope.notation.spec import (
    AnyNumber,
    AnySize,
    Argument,
    Assertion,
    Constant,
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
)

names = st.from_regex(r"[A-Z][A-Za-z0-9]{0,3}", fullmatch=True)
sizes = st.integers(0, 2**63 - 1)
fixed = st.builds(Fixed, sizes)
named = st.builds(Named, names, st.none() | sizes)
dtypes = st.sampled_from([None, "float32", "float64", "int64", "bool", "complex64"])


@st.composite
def input_shapes(draw: st.DrawFn) -> Shape:
    return Shape(tuple(draw(st.lists(fixed | named, max_size=5))), draw(dtypes))


@st.composite
def asserted_shapes(draw: st.DrawFn) -> Shape:
    dimensions = draw(st.lists(fixed | named | st.builds(AnySize), max_size=4))
    if draw(st.booleans()):
        dimensions.insert(draw(st.integers(0, len(dimensions))), AnyNumber())
    return Shape(tuple(dimensions), draw(dtypes))


numbers = st.integers(-(10**40), 10**40) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters="'\n", exclude_categories=("Cs",)), max_size=8) | st.text(
    "ab' ", max_size=4
)
literals = st.builds(Literal, st.none() | st.booleans() | numbers | texts)
constants = st.builds(Constant, st.sampled_from(["float64", "int64", "channels_last"]))
plain = literals | constants
items = st.builds(Items, st.lists(plain, max_size=3).map(tuple), st.booleans())
values = plain | items
holes = st.builds(Hole)


def call(name: str, positional: int, keywords: tuple[str, ...], value: st.SearchStrategy) -> st.SearchStrategy:
    """A layer with ``positional`` arguments and some of ``keywords``."""
    given = st.lists(st.sampled_from(keywords), unique=True, max_size=3) if keywords else st.just([])
    return st.builds(
        lambda args, names, kwargs, prefixed: Layer(
            name,
            (*map(Argument, args), *(Argument(v, k) for k, v in zip(names, kwargs, strict=False))),
            prefixed,
        ),
        st.lists(value, min_size=positional, max_size=positional),
        given,
        st.lists(values, min_size=3, max_size=3),
        st.booleans(),
    )


simple = st.one_of(
    call("Linear", 2, ("bias", "dtype"), values | holes),
    call("Conv2d", 3, ("stride", "padding", "groups", "bias"), values | holes),
    call("ReLU", 0, ("inplace",), values),
    call("LSTM", 2, ("num_layers", "batch_first"), values),
)
nested = st.builds(
    lambda inner, prefixed: Layer("Sequential", tuple(Argument(layer) for layer in inner), prefixed),
    st.lists(simple, min_size=1, max_size=3),
    st.booleans(),
)
methods = st.one_of(
    st.builds(lambda v: Method("flatten", (Argument(Literal(v)),)), st.integers(-3, 3)),
    st.builds(lambda v: Method("view", tuple(Argument(Literal(i)) for i in v)),
              st.lists(st.integers(-1, 9), min_size=1, max_size=4)),
    st.just(Method("t")),
)  # fmt: skip
steps = st.recursive(
    simple | nested | methods | st.builds(Assertion, asserted_shapes()),
    lambda inner: st.builds(Group, st.lists(inner, min_size=1, max_size=3).map(tuple), st.integers(1, 5)),
    max_leaves=6,
)
specs = st.builds(
    lambda shape, chain: Spec((Input(shape),), tuple(chain)),
    input_shapes(),
    st.lists(steps, min_size=1, max_size=4),
)
