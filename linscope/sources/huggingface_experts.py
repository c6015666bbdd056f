"""Mixtures of experts: how many there are, how many each token goes to, and the parameters that one token uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from linscope.report.record import Note
from linscope.sources.huggingface_classes import parts_of

if TYPE_CHECKING:
    from torch import nn

    from linscope.report.record import Totals

_ALL = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts", "num_routed_experts")
_EACH = (
    "num_experts_per_tok",
    "num_experts_per_token",
    "top_k_experts",
    "moe_k",
    "moe_topk",
    "moe_top_k",
    "num_selected_experts",
)
_EACH_BY_TYPE = {"switch_transformers": 1, "nllb-moe": 2}
"""Routers whose number of choices is in their code."""


@dataclass(frozen=True, slots=True)
class Experts:
    """Experts of a layer that routes, and how many of them a token goes to."""

    number: int
    chosen: int


def experts_of(config: Any) -> Experts | None:
    """What the configuration, or the first inside it that routes, says; None where nothing routes."""
    for part in parts_of(config):
        inside = [part, *(getattr(part, name, None) for name in ("ffn_config",))]
        for own in inside:
            number, chosen = _number(own, _ALL), _number(own, _EACH)
            chosen = chosen or _EACH_BY_TYPE.get(str(getattr(part, "model_type", "")))
            if number is not None and chosen is not None and number > 1 and chosen > 0:
                return Experts(number, min(chosen, number))
    return None


def active_parameters(model: nn.Module, experts: Experts, total: int) -> int:
    """Parameters that one token uses: all but those of the experts that it does not go to."""
    idle = 0
    for path, module in model.named_modules():
        if path.rpartition(".")[2] != "experts" and not type(module).__name__.endswith("Experts"):
            continue
        if ".experts." in path:  # one of several experts that are modules of their own
            continue
        size = sum(p.numel() for p in module.parameters())
        idle += size // experts.number * (experts.number - experts.chosen)
    return total - idle


def notes(model: nn.Module, experts: Experts, totals: Totals) -> tuple[Note, ...]:
    """What the report says of them; nothing where no module of experts is found."""
    total = totals.parameters.total
    active = active_parameters(model, experts, total)
    if active == total:
        return ()
    message = (
        f"a mixture of experts: each token goes to {experts.chosen} of {experts.number} in every layer that has them, "
        f"and uses {active:,} of {total:,} parameters"
    )
    data = {
        "experts": experts.number, "experts_per_token": experts.chosen, "active_parameters": active,
        "total_parameters": total,
    }  # fmt: skip
    return (Note("moe", message, tuple(data.items())),)


def _number(config: Any, names: tuple[str, ...]) -> int | None:
    for name in names:
        value = getattr(config, name, None)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
    return None
