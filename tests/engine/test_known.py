"""Values that need no weight, on meta: the same code is run on real tensors, and must come to the same."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

import linscope
from linscope.engine.on_meta import on_meta
from linscope.engine.on_meta.twins import MOST_WHOLE, twin_of

Code = Callable[[], Any]


def positions_are_consecutive() -> bool:
    positions = torch.arange(12).view(2, 6) % 6
    steps = torch.diff(positions, prepend=positions[:, :1] - 1, dim=-1)
    return bool(((steps != 1).cumsum(-1)[:, -1] == 0).all())


def places_of_a_mask() -> Any:
    mask = torch.tril(torch.ones(5, 5, dtype=torch.bool))
    return [tuple(p.shape) for p in torch.where(mask)], mask.nonzero().tolist()


def rows_that_a_mask_keeps() -> tuple[int, ...]:
    mask = torch.arange(10) % 3 == 0
    return tuple(torch.empty(10, 4)[mask].shape)


def rows_and_columns_that_masks_keep() -> tuple[int, ...]:
    mask = torch.ones(3, 4, dtype=torch.bool)
    mask[1] = False
    return tuple(torch.empty(3, 4, 7)[mask].shape)


def elements_that_a_mask_keeps() -> tuple[int, ...]:
    return tuple(torch.masked_select(torch.empty(2, 3), torch.tensor([True, False, True])).shape)


def written_through_a_view() -> list[int]:
    numbers = torch.zeros(3, 2, dtype=torch.long)
    numbers[1] += 5
    numbers.view(-1)[0] = 7
    return [int(x) for x in numbers.flatten()]


def filled_element_by_element() -> list[list[int]]:
    sizes = torch.empty((2, 2), dtype=torch.long)
    for i, (height, width) in enumerate(((3, 4), (5, 6))):
        sizes[i, 0], sizes[i, 1] = height, width
    return sizes.tolist()


def copied_to_the_cpu() -> int:
    return int(torch.tensor([4, 5]).cpu().sum())


def split_by_sizes_in_a_tensor() -> list[int]:
    sizes = torch.tensor([1, 2, 3])
    return [part.shape[0] for part in torch.empty(6, 2).split(sizes.tolist())]


def repeated_by_a_tensor() -> tuple[int, ...]:
    return tuple(torch.repeat_interleave(torch.empty(3, 2), torch.tensor([1, 0, 4]), dim=0).shape)


def counted_and_unique() -> Any:
    ids = torch.tensor([3, 1, 3, 0])
    return torch.unique(ids).tolist(), torch.bincount(ids).tolist(), F.one_hot(ids).shape


def a_name_from_a_number() -> list[str]:
    return [f"expert_{i}" for i in torch.arange(3)]


def an_index_written_as_a_list() -> bool:
    ids = torch.arange(8).view(2, 4)
    return 7 in ids[:, [-1, 0]], 6 in ids[:, [-1, 0]]


def a_step_of_a_schedule() -> list[float]:
    return [x.item() for x in torch.linspace(0, 1, 5)]


def like_a_tensor_that_is_not_known() -> Any:
    unknown = torch.empty(2, 3)
    return (
        torch.zeros_like(unknown, dtype=torch.long).tolist(),
        unknown.new_ones(2, dtype=torch.bool).all().item(),
        torch.full_like(unknown, 4, dtype=torch.int32).sum().item(),
        unknown.new_full((2,), 9, dtype=torch.long).tolist(),
    )


def a_float_mask() -> bool:
    mask = (1.0 - torch.ones(1, 8)) * torch.finfo(torch.float32).min
    mask[:, 4:] = 1.0
    return bool((mask > 0).any())


SAME = [
    positions_are_consecutive, places_of_a_mask, rows_that_a_mask_keeps, rows_and_columns_that_masks_keep,
    elements_that_a_mask_keeps, written_through_a_view, filled_element_by_element, copied_to_the_cpu,
    split_by_sizes_in_a_tensor, repeated_by_a_tensor, counted_and_unique, a_name_from_a_number,
    an_index_written_as_a_list, a_step_of_a_schedule, like_a_tensor_that_is_not_known, a_float_mask,
]  # fmt: skip


@pytest.mark.parametrize("code", SAME, ids=lambda code: code.__name__)
def test_code_that_reads_values_comes_to_what_it_comes_to_for_real(code: Code) -> None:
    for_real = code()
    with on_meta() as known:
        assert code() == for_real
    assert not known.assumed


def test_what_depends_on_a_weight_is_not_known() -> None:
    with on_meta():
        weight = nn.Linear(4, 4).weight
        for read in (lambda: weight.sum().item(), lambda: (weight > 0).nonzero(), lambda: bool((weight > 0).any())):
            with pytest.raises((RuntimeError, NotImplementedError), match="meta"):
                read()


def test_an_unknown_write_makes_every_view_forgotten() -> None:
    with on_meta():
        ids = torch.zeros(6, dtype=torch.long)
        row = ids[:3]
        unknown = torch.empty(3, 3).topk(1).indices.view(3)  # of weights, say
        assert twin_of(ids) is not None
        row.copy_(unknown)
        assert twin_of(ids) is None
        assert twin_of(row) is None
        with pytest.raises(RuntimeError, match="meta"):
            ids[0].item()


def test_a_write_through_a_view_that_is_not_known_is_seen_as_well() -> None:
    with on_meta():
        flags = torch.zeros(4, dtype=torch.bool)
        other = torch.empty(0, dtype=torch.bool).set_(flags.untyped_storage(), 0, (4,), (1,))
        other.copy_(torch.empty(4) > 0)
        assert twin_of(flags) is None


def test_what_is_large_is_not_worth_knowing() -> None:
    with on_meta():
        assert twin_of(torch.zeros(MOST_WHOLE, dtype=torch.bool)) is not None
        assert twin_of(torch.zeros(MOST_WHOLE + 1, dtype=torch.bool)) is None
        assert tuple(torch.arange(10**12).shape) == (10**12,)


def test_the_numbers_that_were_given_are_not_shared() -> None:
    given = torch.tensor([1, 2])
    with on_meta():
        held = torch.tensor(given.tolist())
        held += 1
        assert held.tolist() == [2, 3]
    assert given.tolist() == [1, 2]


def test_a_module_with_known_buffers_can_be_copied() -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("ids", torch.arange(5))

    with on_meta():
        module = Positions()
        again = copy.deepcopy(module)
        again.ids += 1
        assert (module.ids.tolist(), again.ids.tolist()) == ([0, 1, 2, 3, 4], [1, 2, 3, 4, 5])


@pytest.mark.parametrize(
    "look_up",
    [
        lambda ids: F.embedding(ids, torch.empty(5, 3)),
        lambda ids: torch.empty(5, 3)[ids],
        lambda ids: torch.empty(5, 3).index_select(0, ids),
        lambda ids: torch.empty(5).gather(0, ids),
    ],
)
def test_a_known_index_that_is_out_of_range_is_as_wrong_as_for_real(look_up: Callable[[Any], Any]) -> None:
    with pytest.raises((IndexError, RuntimeError), match="out of"):
        look_up(torch.arange(6))
    with on_meta():
        assert look_up(torch.arange(5)).shape[0] == 5
        with pytest.raises(IndexError, match="out of"):
            look_up(torch.arange(6))
        assert look_up(torch.empty(6).argsort()).shape[0] == 6  # nobody knows


def test_more_positions_than_there_are_is_an_error_wherever_it_runs() -> None:
    class Positions(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table = nn.Embedding(8, 4)
            self.register_buffer("turns", torch.ones(8, 4))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            places = torch.arange(x.shape[1])
            return self.turns.gather(0, places[:, None].expand(-1, 4)) + x

    model = Positions()
    assert linscope.analyze(model, "[2,8,4]", run="meta").complete
    for module in (model, Positions().to("meta")):
        with pytest.raises(linscope.LinscopeError, match=r"IndexError|out of"):
            linscope.analyze(module, "[2,9,4]")


# ── routing ─────────────────────────────────────────────────────────────────────────────────────────


def routed(tokens: int, experts: int, chosen: int) -> list[int]:
    """Rows that each expert gets, in code that looks for them."""
    scores = nn.Linear(6, experts)(torch.empty(tokens, 6)).softmax(-1)
    picks = scores.topk(chosen, dim=-1).indices
    taken = F.one_hot(picks, experts).permute(2, 1, 0)  # (experts, chosen, tokens)
    got = []
    for expert in taken.sum((-1, -2)).nonzero():
        _, rows = torch.where(taken[expert[0]])
        got.append(torch.empty(tokens, 6)[rows].shape[0])
    return got


@pytest.mark.parametrize(("tokens", "experts", "chosen"), [(8, 4, 1), (8, 4, 2), (10, 4, 2), (3, 8, 2), (7, 3, 3)])
def test_without_weights_tokens_go_evenly_to_experts(tokens: int, experts: int, chosen: int) -> None:
    with on_meta(routed=True) as known:
        got = routed(tokens, experts, chosen)
    assert sum(got) == tokens * chosen
    assert max(got) - min(got) <= 1
    assert len(got) == min(experts, tokens * chosen)
    assert known.assumed


def test_no_token_goes_to_one_expert_twice() -> None:
    with on_meta(routed=True):
        picks = twin_of(torch.empty(50, 7).topk(3, dim=-1).indices)
        across = twin_of(torch.empty(7, 50).topk(3, dim=0).indices)
    assert picks is not None
    assert across is not None
    assert all(len(set(row)) == 3 for row in picks.values.tolist())
    assert across.values.tolist() == picks.values.T.tolist()


def test_an_assumption_that_nobody_reads_is_none() -> None:
    with on_meta(routed=True) as known:
        picks = torch.empty(8, 4).topk(2).indices
        torch.empty(4, 16)[picks]
        assert torch.arange(3).tolist() == [0, 1, 2]
    assert not known.assumed


def test_without_routing_a_choice_is_not_known() -> None:
    with on_meta(), pytest.raises(NotImplementedError, match="nonzero"):
        routed(8, 4, 2)


def test_choices_among_what_is_known_are_real() -> None:
    with on_meta(routed=True) as known:
        assert torch.tensor([[1, 5, 2], [9, 0, 3]]).argmax(-1).tolist() == [1, 0]
        assert torch.tensor([0.5, 2.0, 1.0]).sort(descending=True).indices.tolist() == [1, 2, 0]
    assert not known.assumed
