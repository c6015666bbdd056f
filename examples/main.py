"""The main example from Python: a spec in, a frozen report out."""

import linscope

report = linscope.analyze("[32,3,4] -> Linear(4,2)")

(layer,) = report.layers
print("output shape:", list(report.outputs[0].shape))
print("parameters:  ", report.totals.parameters.total)
print("MACs:        ", report.totals.macs, "=", layer.derivation.pretty())
print("FLOPs:       ", report.totals.flops)
for opinion in report.crosschecks:
    print(f"{opinion.source + ':':<13}", opinion.macs)
