"""One line of the table of published models: what is known of a model, and what linscope says of it.

Scripts that hold a part of the table expose ``rows() -> Iterable[Row]``.
"""

from __future__ import annotations

from dataclasses import dataclass

HEAD = f"{'model':<34} {'parameters':>14} {'MACs':>20}  {'status':<11} {'seconds':>8}  right"


@dataclass(frozen=True, slots=True)
class Row:
    """A model, what is published of it, and what came out.

    Args:
        name: the model, and what tells two rows on it apart.
        expected_parameters: the published number.
        parameters: what linscope counts.
        expected_macs: MACs as an integer, or the published GMACs (10^9 MACs) as a float of three decimals.
        macs: what linscope counts.
        status: ``complete`` or ``lower_bound``.
        seconds: how long the whole analysis took, building included.
    """

    name: str
    expected_parameters: int
    parameters: int
    expected_macs: int | float
    macs: int
    status: str
    seconds: float

    @property
    def right(self) -> bool:
        """Whether every figure is the published one, and nothing was left uncounted."""
        return self.parameters == self.expected_parameters and self._macs_agree() and self.status == "complete"

    def _macs_agree(self) -> bool:
        return published(self.expected_macs, self.macs)

    def line(self) -> str:
        """The row as text; a figure that is wrong is followed by the published one."""
        wrong = [
            *((f"{self.expected_parameters:,} parameters",) if self.parameters != self.expected_parameters else ()),
            *(() if self._macs_agree() else (_written(self.expected_macs),)),
            *(() if self.status == "complete" else ("a complete count",)),
        ]
        verdict = f"no: {', '.join(wrong)} expected" if wrong else "yes"
        figures = f"{self.parameters:>14,} {self.macs:>20,}  {self.status:<11} {self.seconds:>8.2f}"
        return f"{self.name:<34} {figures}  {verdict}"


def published(figure: int | float, macs: int) -> bool:
    """Whether ``macs`` is the published ``figure``: all of it, or GMACs to three decimals."""
    return macs == figure if isinstance(figure, int) else f"{macs / 1e9:.3f}" == f"{figure:.3f}"


def _written(macs: int | float) -> str:
    return f"{macs:,} MACs" if isinstance(macs, int) else f"{macs:.3f} GMACs"
