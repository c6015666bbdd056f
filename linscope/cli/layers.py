"""``linscope layers``: what the notation knows, read without importing torch."""

from __future__ import annotations

import sys

import click

from linscope.cli import streams
from linscope.cli.complete import complete_layer
from linscope.errors import UsageError


@click.command("layers")
@click.argument("name", required=False, shell_complete=complete_layer)
@click.option("--json", "as_json", is_flag=True, help="As one JSON document.")
@click.option("--ascii", "ascii_", is_flag=True, help="Plain characters only.")
def command(name: str | None, as_json: bool, ascii_: bool) -> None:
    """The layers that the notation knows; with NAME its signature, formulas and an example that runs."""
    from linscope.notation.catalogue import guide, layer, layer_names
    from linscope.notation.methods import method, method_names
    from linscope.notation.suggest import closest
    from linscope.render.catalogue import card, card_data, listing, listing_data

    look = streams.look_of(sys.stdout, ascii=ascii_)
    if name is None:
        text = listing_data() if as_json else listing(look)
    else:
        bare = name.removeprefix("torch.").removeprefix("nn.")
        entry = layer(bare) or method(bare)
        if entry is None:
            nearest = closest(bare, (*layer_names(), *method_names()))
            raise UsageError(
                f"the notation knows no {name[:60]}",
                hint=f"did you mean {nearest[0]}?" if nearest else "see `linscope layers`",
            )
        text = card_data(entry, guide(bare)) if as_json else card(entry, guide(bare), look)
    streams.write(sys.stdout, text)
