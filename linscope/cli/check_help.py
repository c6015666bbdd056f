"""The help of ``linscope check``: examples first, and all of it on one screen."""

HELP = """\
Usage: linscope check [SPEC | MODEL | FILE.toml | -]... [OPTIONS]

  linscope check "[32,3,4] -> Linear(4,2) -> [32,3,2]" --params 8 --macs 768
  linscope check                    every [[check]] of the nearest linscope.toml
  linscope check py:net.py:Net --input "[B,3,32,32]" -d B=8 --expect "[B,10]"

What must hold   --params N --macs N --memory N   768, "8*B*T", "<=1.5M", "2MiB"
                 --expect SHAPE    comes out; in a spec: its last step
How to run it    -d NAME=SIZE  --input SHAPE  --arg NAME=VALUE  -B N  -T N
                 --dtype T  --torch-defaults    as in linscope analyze
Baseline         --write-baseline FILE   then: --baseline FILE (or, beside the
                 linscope.toml, linscope-baseline.json) --max-increase 2%
Output           --format table|plain|json|jsonl|markdown|junit|github|gitlab
                 -o FILE   each after its --format; repeatable  --json  --ascii
Limits           --no-exec   run no code of py: targets (on a stranger's PR)
                 --timeout S  --max-memory 4GiB   of each check  [60 s; 4 GiB]
                 --jobs N    heavy checks at a time  [1]

  - reads a spec per line. Exit codes: 0 passed, 1 failed, 2 usage or
  configuration, 3 a target could not be loaded. linscope schema configuration
  prints the JSON Schema of linscope.toml.
"""
