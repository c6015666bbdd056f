"""Every operator that this torch can dispatch, and the record of what was decided about each.

    python tests/engine/operators_of_torch.py           the operators that arrive whole, with a schema each, as JSON
    python tests/engine/operators_of_torch.py --record  write the decisions down, once they are taken

It runs in a process of its own, where nothing is registered but what torch itself registers.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import subprocess
import sys
from pathlib import Path

RECORD = Path(__file__).parents[1] / "data" / "operators.txt"

# Parts of torch that register operators of their own when they are imported.
PARTS = """
    torch._dynamo torch._export.wrappers torch._functorch._activation_offloading.offload_ops
    torch._functorch.predispatch torch._higher_order_ops.register_hook torch._inductor.compile_fx
    torch._inductor.fx_passes.bucketing torch._inductor.fx_passes.control_dependencies
    torch._inductor.runtime.debug_utils torch._native.registry torch._prims.debug_prims
    torch.ao.quantization.fx._decomposed torch.distributed._ops.device_mesh torch.distributed._symmetric_memory
    torch.distributed.fsdp torch.distributed.pipelining torch.distributed.tensor
    torch.distributed.tensor.experimental._context_parallel._cp_custom_ops torch.export.custom_ops
    torch.nn.attention.flex_attention torch.nn.attention.varlen torch.nn.modules.linear_cross_entropy
    torch.onnx.ops torch.sparse.semi_structured torch.utils._debug_mode
"""


def here() -> dict[str, str]:
    """Name and schema of every operator with an overload that torch does not compose of others."""
    import torch

    for part in PARTS.split():
        with contextlib.suppress(ImportError):  # another release may lack it
            importlib.import_module(part)
    semi_structured = sys.modules.get("torch.sparse.semi_structured")
    for register in ("_ensure_cutlass_mm_registered", "_ensure_cusparselt_mm_registered"):
        getattr(semi_structured, register, lambda: None)()
    found: dict[str, str] = {}
    for overload in sorted(torch._C._dispatch_get_all_op_names()):
        name, _, suffix = overload.partition(".")
        if torch._C._dispatch_has_kernel_for_dispatch_key(overload, "CompositeImplicitAutograd"):
            continue
        try:
            schema = str(torch._C._get_schema(name, suffix))
        except RuntimeError:
            schema = overload
        found.setdefault(name, schema)
    higher = getattr(torch._ops, "_higher_order_ops", {})
    return found | {f"higher_order::{name}": f"higher_order::{name}(...)" for name in sorted(higher)}


def listed() -> dict[str, str]:
    """``here``, seen by a fresh interpreter."""
    done = subprocess.run([sys.executable, __file__], capture_output=True, encoding="utf-8", check=True, timeout=300)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def recorded() -> tuple[str, dict[str, str]]:
    """The release that the record was made on, and the state of each operator then."""
    first, *lines = RECORD.read_text(encoding="utf-8").splitlines()
    return first.split()[2], dict(line.split() for line in lines if line)


def write() -> None:
    import torch

    from linscope.engine.formulas.registry import built_in
    from linscope.engine.formulas.states import OPENED_NAMES

    lines = [f"# torch {torch.__version__.partition('+')[0]}: what linscope does with each operator that arrives whole"]
    for name in sorted(here()):
        state, by = built_in(name)
        if by is not None:
            lines.append(f"{name} {'opened' if name in OPENED_NAMES else state}")
    RECORD.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--record" in sys.argv:
        write()
    else:
        print(json.dumps(here()))
