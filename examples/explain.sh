#!/bin/sh
# A lesson on numbers of your own: the recipe with torch.bmm that circulates, what it raises, and its repair.
set -eu
linscope explain bmm --x "[[1,2],[3,4],[5,6]]" --weights "[[1,0],[0,1],[1,1]]" --lang en
