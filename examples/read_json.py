"""Another tool reading the JSON: run the command, look at the exit code, take what it needs."""

import json
import subprocess
import sys

SPEC = "[1,3,32,32] -> Conv2d(3,16,3,padding=1) -> ReLU -> Flatten -> Linear(16384,10)"

done = subprocess.run(
    [sys.executable, "-m", "linscope", "analyze", SPEC, "--json", "--explain", "none"],
    capture_output=True,
    text=True,
    check=False,
)
document = json.loads(done.stdout)
if done.returncode != 0:
    sys.exit(f"{document['error']['kind']}: {document['error']['message']}")

print("complete:", document["completeness"]["status"] == "complete")
for layer in document["layers"]:
    print(f"{layer['type']:<8} {layer['macs']:>8} MACs  {layer['derivation'] or ''}".rstrip())
print(f"{'total':<8} {document['totals']['macs']:>8} MACs")
