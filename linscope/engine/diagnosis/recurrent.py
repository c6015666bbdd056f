"""Recurrent layers and cells: features last, and a state that belongs to the batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from linscope.engine.derivations.lineage import layer_name
from linscope.engine.diagnosis.ranks import wrong_rank
from linscope.engine.diagnosis.registry import diagnosis
from linscope.engine.diagnosis.result import Diagnosis, Dtypes, Shapes
from linscope.engine.diagnosis.steps import (
    Shape,
    Step,
    features_last,
    first_fit,
    merged_batch,
    rows_of_all_the_rest,
    unsqueeze,
)
from linscope.engine.diagnosis.wording import count, show

if TYPE_CHECKING:
    from collections.abc import Iterator


@diagnosis("RNN", "LSTM", "GRU")
def recurrent(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(L, N, input_size), (N, L, input_size) with batch_first, or (L, input_size); then the state."""
    if not shapes:
        return None
    shape, states = shapes[0], shapes[1:]
    packed = len(shape) == 2 and len(states) > 0 and len(states[0]) == 1
    if packed:
        return None if shape[-1:] == (module.input_size,) else _features(module, shape, None)
    order = "[N,L,input_size]" if module.batch_first else "[L,N,input_size]"
    if len(shape) not in (2, 3):
        return _rank(module, shape, dtypes, f"[L,input_size] or {order}", (2, 3))
    state = _state_fault(module, shape, states, module.batch_first)
    if shape[-1] != module.input_size:
        return _features(module, shape, state, alone=not states)
    if state is None:
        return None
    other_way = _state_fault(module, shape, states, not module.batch_first)
    if other_way is None and len(shape) == 3:
        return Diagnosis(state.message, state.details, (("batch_first", not module.batch_first),))
    return state


@diagnosis("RNNCell", "LSTMCell", "GRUCell")
def cell(module: Any, shapes: Shapes, dtypes: Dtypes) -> Diagnosis | None:
    """(N, input_size) or (input_size), with a state (N, hidden_size) or (hidden_size)."""
    if not shapes:
        return None
    shape, states = shapes[0], shapes[1:]
    if len(shape) not in (1, 2):
        found = _rank(module, shape, dtypes, "[input_size] or [N,input_size]", (1, 2))
        if len(shape) == 3 and shape[-1] == module.input_size and not states:
            whole = layer_name(module).removesuffix("Cell")
            return Diagnosis(found.message, found.details, instead=f"{whole}, which takes whole sequences")
        return found
    wanted = (*shape[:-1], module.hidden_size)
    wrong = next((given for given in states if given != wanted), None)
    state = None if wrong is None else _wrong_state("the state", wanted, wrong)
    if shape[-1] != module.input_size:
        return _features(module, shape, state, alone=not states)
    return state


def _state_fault(module: Any, shape: Shape, states: Shapes, batch_first: bool) -> Diagnosis | None:
    """The first state whose shape is not (layers · directions, N, size), or without N where there is none."""
    rows = module.num_layers * (2 if module.bidirectional else 1)
    batch = () if len(shape) == 2 else (shape[0 if batch_first else 1],)
    hidden = (rows, *batch, module.proj_size or module.hidden_size)
    for name, given, wanted in zip(("h_0", "c_0"), states, (hidden, (rows, *batch, module.hidden_size)), strict=False):
        if given != wanted:
            return _wrong_state(name, wanted, given)
    return None


def _wrong_state(name: str, wanted: Shape, given: Shape) -> Diagnosis:
    return Diagnosis(
        message=f"{{layer}} expects {name} to be {show(wanted)}, got {show(given)}",
        details=(f"{name}: {show(given)}   expected {show(wanted)}",),
        instead=f"{name} of {show(wanted)}",
    )


def _features(module: Any, shape: Shape, state: Diagnosis | None, *, alone: bool = False) -> Diagnosis:
    """A wrong ``input_size``; repaired only where the state, if any, is right as it is."""
    size = module.input_size
    step = first_fit(features_last(shape), lambda given: given[-1] == size) if alone else None
    repair = (("input_size", shape[-1]),) if state is None and shape[-1] else ()
    return (
        Diagnosis(
            message=f"{{layer}} expects {count(size, 'feature')} in the last dimension, got {shape[-1]}",
            details=(
                f"in: {show(shape)}   last dimension {shape[-1]}, input_size {size}",
                *(state.details if state else ()),
            ),
            arguments=repair,
        )
        .preceded_by(step)
        .or_else(f"input_size={shape[-1]} and {state.instead}" if state else None)
    )


def _rank(module: Any, shape: Shape, dtypes: Dtypes, allowed: str, ranks: tuple[int, int]) -> Diagnosis:
    step = first_fit(
        _rank_steps(shape, ranks),
        lambda given: len(given) in ranks and given[-1] == module.input_size,
    )
    example = (*(1,) * (max(ranks) - 1), module.input_size)
    return wrong_rank(shape, dtypes, allowed, step, example, f"input_size {module.input_size}")


def _rank_steps(shape: Shape, ranks: tuple[int, int]) -> Iterator[Step]:
    if len(shape) < ranks[0]:
        yield unsqueeze(shape, 0, "if it is one step")
    elif shape:
        yield from rows_of_all_the_rest(shape)
        yield from merged_batch(shape, ranks[1] - 1)
