"""Matrix products: each count against a number worked out by hand, composites opened and whole."""

from __future__ import annotations

import pytest
import torch
from engine.formula_counting import formula_of, run
from torch import nn

from linscope.engine.formulas import RULES, elements, formula, rule_for
from linscope.engine.formulas.einsum import contraction
from linscope.report.record import COUNTED, ELEMENTWISE, FREE, UNCOUNTED

aten = torch.ops.aten


def r(*shape: int, device: str = "cpu") -> torch.Tensor:
    return torch.rand(*shape, device=device)


PRODUCTS = {
    "mm": (lambda: r(3, 4) @ r(4, 5), 60),  # 3·4·5
    "mm of one row": (lambda: r(1, 4) @ r(4, 5), 20),  # 1·4·5
    "mm of nothing": (lambda: r(0, 4) @ r(4, 5), 0),
    "addmm": (lambda: torch.addmm(r(5), r(3, 4), r(4, 5)), 60),
    "addmm in place": (lambda: r(3, 5).addmm_(r(3, 4), r(4, 5)), 60),
    "mm into out": (lambda: torch.mm(r(3, 4), r(4, 5), out=torch.empty(3, 5)), 60),
    "addmm activation": (lambda: aten._addmm_activation(r(5), r(3, 4), r(4, 5)), 60),
    "bmm": (lambda: torch.bmm(r(2, 3, 4), r(2, 4, 5)), 120),  # 2·3·4·5
    "baddbmm": (lambda: torch.baddbmm(r(2, 3, 5), r(2, 3, 4), r(2, 4, 5)), 120),
    "baddbmm in place": (lambda: r(2, 3, 5).baddbmm_(r(2, 3, 4), r(2, 4, 5)), 120),
    "addbmm": (lambda: torch.addbmm(r(3, 5), r(2, 3, 4), r(2, 4, 5)), 120),
    "mv": (lambda: torch.mv(r(3, 4), r(4)), 12),  # 3·4
    "addmv": (lambda: torch.addmv(r(3), r(3, 4), r(4)), 12),
    "addmv in place": (lambda: r(3).addmv_(r(3, 4), r(4)), 12),
    "dot": (lambda: torch.dot(r(7), r(7)), 7),
    "vdot": (lambda: torch.vdot(r(7), r(7)), 7),
    "int mm": (
        lambda: torch._int_mm(torch.ones(32, 8, dtype=torch.int8), torch.ones(8, 16, dtype=torch.int8)),
        4096,
    ),
    "linear": (lambda: nn.functional.linear(r(2, 3, 4), r(5, 4), r(5)), 120),  # 2·3 rows, 4·5 weights
    "linear of one vector": (lambda: nn.functional.linear(r(4), r(5, 4)), 20),  # 1 row
    "linear to a number": (lambda: nn.functional.linear(r(3, 4), r(4)), 12),  # 3 rows, 4 weights
    "parameter by hand": (lambda: r(2, 3, 4) @ nn.Parameter(r(4, 5)), 120),
    "matmul broadcast": (lambda: r(2, 1, 3, 4) @ r(7, 4, 5), 840),  # batch 2·7, then 3·4·5
    "matmul matrix and vector": (lambda: r(2, 3, 4) @ r(4), 24),
    "matmul vector and matrices": (lambda: r(4) @ r(2, 4, 5), 40),
    "inner": (lambda: torch.inner(r(3, 4), r(5, 4)), 60),
    "inner with a number": (lambda: torch.inner(r(3, 4), torch.tensor(2.0)), 0),
    "tensordot": (lambda: torch.tensordot(r(3, 4, 5), r(4, 5, 6), dims=2), 360),  # 3·(4·5)·6
    "tensordot, 1 against 4": (lambda: torch.tensordot(r(3, 4), r(1, 5), dims=([1], [0])), 15),  # 3·1·5
    "chain": (lambda: torch.linalg.multi_dot([r(2, 3), r(3, 4), r(4, 5)]), 64),  # (2·3·4) + (2·4·5)
    "power": (lambda: torch.linalg.matrix_power(r(3, 3), 3), 54),  # two products of 3·3·3
    "einsum": (lambda: torch.einsum("bij,bjk->bik", r(2, 3, 4), r(2, 4, 5)), 120),
    "einsum, three operands": (lambda: torch.einsum("ij,jk,kl->il", r(2, 3), r(3, 4), r(4, 5)), 64),
    "einsum, dots": (lambda: torch.einsum("...i,oi->...o", r(2, 3, 4), r(5, 4)), 120),
    "einsum, implicit output": (lambda: torch.einsum("ij,jk", r(2, 3), r(3, 4)), 24),
    "einsum, outer": (lambda: torch.einsum("i,j->ij", r(3), r(4)), 0),  # sums nothing
    "einsum, one operand": (lambda: torch.einsum("ij->i", r(3, 4)), 0),
    "einsum, lonely letter": (lambda: torch.einsum("ijk,jl->il", r(2, 3, 4), r(3, 5)), 30),  # k summed first
    "einsum, to a number": (lambda: torch.einsum("i,i->", r(4), r(4)), 4),
    "einsum, broadcast": (lambda: torch.einsum("bij,bjk->bik", r(1, 3, 4), r(2, 4, 5)), 120),
    "bilinear": (lambda: nn.functional.bilinear(r(2, 3), r(2, 4), r(5, 3, 4)), 160),  # 2·5·(3·4 + 4)
    "affine grid": (lambda: nn.functional.affine_grid(r(2, 2, 3), [2, 1, 4, 5], False), 240),  # 2·(4·5)·3·2
    "grouped": (lambda: torch._grouped_mm(r(2, 8, 16).bfloat16(), r(2, 16, 8).bfloat16()), 2048),  # 2·8·16·8
    "complex": (
        lambda: torch.rand(3, 4, dtype=torch.complex64) @ torch.rand(4, 5, dtype=torch.complex64),
        60,
    ),
}


@pytest.mark.parametrize("case", PRODUCTS)
def test_products_opened(case: str) -> None:
    call, macs = PRODUCTS[case]
    assert run(call).macs == macs


@pytest.mark.parametrize("case", [c for c in PRODUCTS if c not in ("chain", "power")])
def test_products_whole(case: str) -> None:
    """Inference mode delivers linear, matmul, einsum and their kind in one piece."""
    call, macs = PRODUCTS[case]
    assert run(call, torch.inference_mode).macs == macs


def test_products_on_meta() -> None:
    assert run(lambda: r(2**20, 3, device="meta") @ r(3, 2**40, device="meta")).macs == 3 * 2**60


def test_a_composite_without_a_formula_is_loud_when_whole() -> None:
    """Its cost is decided inside, by the order it multiplies in; the tracer opens it."""
    mode = run(PRODUCTS["chain"][0], torch.inference_mode)
    assert mode.macs == 0
    assert mode.calls[UNCOUNTED] == {"aten.linalg_multi_dot": 1}


def test_einsum_along_a_path() -> None:
    # ij,jk,kl: (j,k)x(k,l) first: 3·4·5 = 60, then (i,j)x(j,l): 2·3·5 = 30; from the left it is 24 + 40.
    shapes = [(2, 3), (3, 4), (4, 5)]
    assert contraction("ij,jk,kl->il", shapes, (1, 2, 0, 1)).count == 90
    assert contraction("ij,jk,kl->il", shapes).count == 64


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("bhld,bhsd->bhls", [(2, 3, 4, 5), (2, 3, 6, 5)]),
        ("ab,bc,cd,da->", [(2, 3), (3, 4), (4, 5), (5, 2)]),
        ("abc,cd,be->ade", [(2, 3, 4), (4, 5), (3, 6)]),
        ("...ab,bc", [(2, 7, 3, 4), (4, 5)]),
        ("a...,a...->...", [(3, 4, 5), (3, 1, 5)]),
        ("ii,ij->j", [(3, 3), (3, 4)]),
        ("ij,jk->ik", [(2, 1), (1, 4)]),  # nothing to sum: element-wise
    ],
)
def test_einsum_contracts_as_torch_does(equation: str, shapes: list[tuple[int, ...]]) -> None:
    operands = [r(*size) for size in shapes]
    for path in (
        None,
        [0, 1] * (len(shapes) - 1),
        [len(shapes) - 2, len(shapes) - 1, *[0, 1] * (len(shapes) - 2)],
    ):
        opened = run(lambda path=path: aten.einsum.default(equation, operands, path=path))
        assert contraction(equation, shapes, path).count == opened.macs


SPARSE = torch.tensor([[1.0, 0, 2], [0, 0, 3]])  # 3 non-zeros in (2, 3)


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("layout", ["to_sparse_coo", "to_sparse_csr"])
def test_a_sparse_product_counts_its_nonzeros(layout: str) -> None:
    sparse = getattr(SPARSE, layout)()
    assert run(lambda: sparse @ r(3, 5)).macs == 15  # 3 non-zeros, 5 columns
    assert run(lambda: torch.addmm(r(2, 5), sparse, r(3, 5))).macs == 15
    assert run(lambda: sparse @ r(3)).macs == 3
    assert run(lambda: nn.functional.linear(r(4, 3), sparse)).macs == 12  # 4 rows


@pytest.mark.filterwarnings("ignore:Sparse")
def test_more_sparse_products() -> None:
    coo = SPARSE.to_sparse_coo()
    # Column 0 holds 1 value, column 2 holds 2. Rows 0 and 2 of the transpose hold as many: 1·1 + 2·2 = 5.
    assert run(lambda: torch.sparse.mm(coo, coo.t().coalesce())).macs == 5
    # 3 positions to work out, each a sum over 4.
    assert run(lambda: torch.sparse.sampled_addmm(SPARSE.to_sparse_csr(), r(2, 4), r(4, 3))).macs == 12
    stack = torch.stack([SPARSE, SPARSE]).to_sparse_coo()
    assert run(lambda: torch.bmm(stack, r(2, 3, 5))).macs == 30  # 6 non-zeros, 5 columns
    assert formula_of("aten::_sparse_semi_structured_linear", r(3, 8), r(4, 4), None) == 48  # 3 rows, 4·8/2
    assert formula_of("aten::_cslt_sparse_mm", r(18), r(8, 5), result=r(4, 5)) == 80  # (4·8)/2 · 5


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
@pytest.mark.parametrize("layout", [torch.strided, torch.jagged])
def test_nested_operands_count_what_they_hold(layout: torch.layout) -> None:
    nested = torch.nested.nested_tensor([r(2, 4), r(3, 4)], layout=layout)
    linear = nn.Linear(4, 5)
    assert run(lambda: linear(nested)).macs == 100  # 5 tokens, 4·5 weights
    if layout is torch.strided:
        assert run(lambda: torch.bmm(nested, nested.transpose(1, 2))).macs == 52  # (2·2 + 3·3)·4
    else:
        assert run(lambda: nested @ r(4, 5)).macs == 100


def test_operators_of_other_devices_by_hand() -> None:
    i8 = torch.ones(3, 4, dtype=torch.int8)
    assert formula_of("aten::_scaled_mm", i8, i8.t(), r(1), r(1), result=r(3, 3)) == 36  # 3·4·3
    assert formula_of("aten::_weight_int8pack_mm", r(3, 4), i8, r(3), result=r(3, 3)) == 36
    # Rows cut into groups: 6 tokens, each through one of 2 experts' 4·5 weights.
    assert formula_of("aten::_grouped_mm", r(6, 4), r(2, 4, 5), None) == 120
    # Output features cut into groups; then the summed dimension.
    assert formula_of("aten::_grouped_mm", r(2, 3, 4), r(4, 6), None) == 72
    assert formula_of("aten::_grouped_mm", r(3, 4), r(4, 5), None) == 60
    assert formula_of("aten::_foreach_mm", [r(2, 3), r(1, 3)], [r(3, 4), r(3, 4)]) == 36  # 24 + 12
    assert formula_of("aten::linear_backward", r(3, 4), r(3, 5), r(5, 4), [True, True, True]) == 120
    assert formula_of("aten::linear_backward", r(3, 4), r(3, 5), r(5, 4), [False, True, True]) == 60
    assert formula_of("aten::mkldnn_linear_backward_input", [3, 4], r(3, 5), r(5, 4), result=r(3, 4)) == 60
    assert formula_of("aten::mkldnn_linear_backward_weights", r(3, 5), r(3, 4), r(5, 4), True) == 60
    assert formula_of("aten::cudnn_affine_grid_generator", r(2, 2, 3), 2, 1, 4, 5) == 240


def test_a_gradient_step_is_three_products() -> None:
    layer = nn.Linear(4, 5)
    x = r(3, 4).requires_grad_()
    mode = run(lambda: layer(x).sum().backward(), torch.enable_grad)
    assert mode.macs == 180  # forward, gradient of x, gradient of the weight: 3·4·5 each


def test_derivations_name_their_factors() -> None:
    derivation = rule_for(aten.mm.default).formula((r(96, 4), r(4, 2)), {}, None)
    assert derivation.count == 768
    assert derivation.pretty() == "96 × (4 · 2)"
    assert derivation.names() == "rows * in * out"


def test_rules_carry_the_name_without_the_overload() -> None:
    for overload in (aten.addmm.default, aten.addmm.out, aten.addmm_.default):
        rule = rule_for(overload)
        assert (rule.state, rule.formula) == (COUNTED, rule_for(aten.addmm.default).formula)
        assert RULES[overload] is rule
    assert rule_for(aten.addmm.out).name == "aten.addmm"
    assert rule_for(aten.addmm_.default).name == "aten.addmm_"
    assert rule_for(aten.add.Tensor).state == ELEMENTWISE
    assert rule_for(aten.view.default).state == FREE


def test_two_formulas_for_one_operator_are_refused() -> None:
    with pytest.raises(ValueError, match="aten::mm is already decided"):
        formula("aten::mm")(rule_for(aten.dot.default).formula)
    with pytest.raises(ValueError, match="aten::relu is already decided"):
        formula("aten::relu")(rule_for(aten.dot.default).formula)


def test_elements_are_those_of_the_largest_tensor() -> None:
    assert elements((r(2, 3), r(3)), {}, r(2, 3)) == 6
    assert elements((r(3, 1), r(1, 4)), {}, r(3, 4)) == 12  # broadcast: the result
    assert elements((r(2, 3), [0]), {}, r(3)) == 6  # reduced: the operand
    assert elements((r(2, 3),), {}, (r(2, 3), r(2), r(2))) == 6
    assert elements(([r(2, 3), r(4)], [r(2, 3), r(4)]), {}, [r(2, 3), r(4)]) == 10  # a list together
    assert elements((), {"out": r(5)}, None) == 5
    assert elements((), {}, ()) == 0
