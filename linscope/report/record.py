"""The report: everything one analysis found, as a plain, frozen record. Nothing here imports torch.

Counts are integers. MACs are multiply-accumulates of contractions; FLOPs are 2 × MACs; element-wise work is
counted in elements, on its own line, and never mixed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from linscope.report.memory import Memory, is_real, stored

if TYPE_CHECKING:
    from linscope.report.derivation import Derivation
    from linscope.report.evidence import LinearEvidence

SCHEMA_VERSION = "1.0"

COUNTED = "counted"
FREE = "free"
ELEMENTWISE = "elementwise"
UNCOUNTED = "uncounted"

HEADER = "header"
"""The mode of what holds tensors by name, and no forward."""

COMPLETE = "complete"
LOWER_BOUND = "lower_bound"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor that went in or came out. ``name`` is the argument or dict key it had, if any."""

    shape: tuple[int, ...]
    dtype: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class ParameterCount:
    """Parameter elements, by PyTorch's own definition: what ``parameters()`` gives, each once.

    Of a row ``shared`` are those counted in an earlier row, and in none of the others here; of the totals, those
    that the model holds in more than one place. ``unused`` are those of ``total`` that no operator of this forward
    read. ``lazy`` is a number of parameters, not of elements: they have no size yet. ``packed`` are the weights and
    biases of quantized layers, which are no parameters, in elements; they are in none of the others either.
    """

    total: int = 0
    trainable: int = 0
    frozen: int = 0
    bytes: int = 0
    shared: int = 0
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    unused: int = 0
    lazy: int = 0
    packed: int = 0
    packed_bytes: int = 0


@dataclass(frozen=True, slots=True)
class LayerRow:
    """One call of one layer. ``macs``, ``elementwise`` and ``parameters`` are its own, outside the layers
    it calls, so that rows add up to the totals; ``subtree_*`` include them. ``allocated`` is the bytes of the tensors
    that its own operators made, views aside, however soon they were gone again.

    ``derivation`` is None where the count is 0 or no product could be written for it; ``subtree_derivation`` is the
    layer's own formula, where it has one and gives ``subtree_macs``. ``aliases`` are the other paths of a layer that
    the model holds in several places; ``path`` is the first.
    """

    path: str
    type: str
    call: int
    depth: int
    written: str
    input_shapes: tuple[tuple[int, ...], ...]
    output_shapes: tuple[tuple[int, ...], ...]
    output_dtypes: tuple[str, ...]
    parameters: ParameterCount
    macs: int
    elementwise: int
    derivation: Derivation | None
    subtree_macs: int
    subtree_parameters: int
    has_children: bool
    aliases: tuple[str, ...] = ()
    subtree_derivation: Derivation | None = None
    allocated: int = 0
    subtree_allocated: int = 0

    @property
    def flops(self) -> int:
        return 2 * self.macs


@dataclass(frozen=True, slots=True)
class OperatorRow:
    """All calls of one operator. ``derivations`` are the distinct products, each with its number of calls.

    ``modules`` names the layers it ran in; filled for uncounted operators only.
    """

    name: str
    calls: int
    state: str
    macs: int
    elements: int
    derivations: tuple[tuple[Derivation, int], ...] = ()
    modules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    parameters: ParameterCount
    buffers: int
    buffer_bytes: int
    macs: int
    elementwise: int

    @property
    def flops(self) -> int:
        return 2 * self.macs


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one way of counting says. ``macs`` is None where it was not asked or has nothing to say.

    ``agrees`` compares with the report's total; ``reason`` says why it differs or why it was not asked.
    """

    source: str
    version: str | None
    macs: int | None
    agrees: bool | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """A remark that belongs to the result: ``code`` is stable, ``message`` is for people."""

    code: str
    message: str
    data: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Verification:
    """A statement of an explanation, with what was compared on this run's tensors.

    ``holds`` is None where the run had no values to compare (shapes alone).
    """

    statement: str
    max_difference: float | None
    tolerance: float | None
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """One lesson: a title, the claim in a sentence, the lines that show it, and what was verified.

    ``chain`` is the shapes at work (``[32, 3, 4] @ [4, 2] = [32, 3, 2]``), ``lines`` the worked example,
    ``code`` PyTorch that a reader can paste. Plain text, no markup.
    """

    lesson: str
    title: str
    claim: str
    chain: str | None = None
    lines: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    verified: tuple[Verification, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """How it was run: ``mode`` is real, meta or fake. ``why`` says why not real, where it was not."""

    mode: str
    device: str
    training: bool
    seed: int
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """One analysis. ``written`` is each step of a notation chain as the user wrote it."""

    target: str
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    layers: tuple[LayerRow, ...]
    operators: tuple[OperatorRow, ...]
    totals: Totals
    uncounted: tuple[OperatorRow, ...]
    crosschecks: tuple[Opinion, ...]
    notes: tuple[Note, ...]
    run: Run
    environment: tuple[tuple[str, str | None], ...]
    evidence: tuple[LinearEvidence, ...] = field(default=(), repr=False)
    explanations: tuple[Explanation, ...] = ()
    memory: Memory = Memory()

    @property
    def complete(self) -> bool:
        """Whether every operator that ran has a count."""
        return not self.uncounted

    @property
    def status(self) -> str:
        return COMPLETE if self.complete else LOWER_BOUND

    def calls_of(self, path: str) -> tuple[LayerRow, ...]:
        """The rows of the layer at ``path``, a row per call; any of its names will do."""
        return tuple(row for row in self.layers if row.path == path or path in row.aliases)

    def with_weights_as(self, dtype: str) -> Report:
        """The same report with the bytes of real parameters, in all and by layer, as stored in ``int8`` or ``int4``."""
        memory = self.memory.with_weights_as(dtype)
        totals = replace(self.totals, parameters=replace(self.totals.parameters, bytes=memory.as_tensors))
        if not all(is_real(held.dtype) for held in self.memory.held if held.elements):
            return replace(self, memory=memory, totals=totals)  # which layer holds which is not in a row
        rows, before = [], 0
        for row in self.layers:
            after = before + row.parameters.total
            own = stored(after, dtype) - stored(before, dtype)  # so that rows add up, where two elements share a byte
            rows.append(replace(row, parameters=replace(row.parameters, bytes=own)))
            before = after
        return replace(self, memory=memory, totals=totals, layers=tuple(rows))

    def with_explanations(self, explanations: tuple[Explanation, ...]) -> Report:
        return replace(self, explanations=explanations)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form, as ``linscope schema`` describes it."""
        from linscope.report.serialize import report_to_dict

        return report_to_dict(self)

    def to_json(self, *, indent: int | None = 2) -> str:
        """``to_dict`` as JSON text."""
        import json

        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False, allow_nan=False)
