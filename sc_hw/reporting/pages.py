"""Pages of a report: templates to Markdown and HTML, pictures beside or inside them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2

from sc_hw.files import write_json, write_text
from sc_hw.reporting.content import flat_design
from sc_hw.reporting.tables import (
    DASH,
    code_span,
    code_spans,
    compact,
    counterexample_text,
    grouped,
    markdown,
    number,
)

TEMPLATES = Path(__file__).parent / "templates"
NO_BOARD = (
    "No board was measured. Resources and clock rates are what the open tools (Yosys, nextpnr)"
    " report for the design's Verilog as it is made for each target, with the pipeline and the"
    " primitives of its family; proof and co-simulation, where they were run, are of top.v, which"
    " is made for the design's own fabric."
)


def render(template: str, context: Mapping[str, Any], folder: Path = TEMPLATES) -> str:
    """A page from the template of that name in `folder`; parts of pages come from `TEMPLATES`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, TEMPLATES]),
        autoescape=template.endswith(".html"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "number": number,
        "md": markdown,
        "code": code_span,
        "spans": code_spans,
        "compact": compact,
        "flat": flat_design,
        "grouped": grouped,
        "counterexample": counterexample_text,
    }
    return environment.get_template(template).render(context)


def write_pages(
    out: Path,
    name: str,
    content: Mapping[str, Any],
    context: Mapping[str, Any],
    pictures: Mapping[str, str],
    embed: bool,
    template: str = "",
    templates: Path = TEMPLATES,
) -> None:
    """Write `<name>.json`, `<name>.md` and `<name>.html`.

    Parameters
    ----------
    out, name : folder and name of the files.
    content : the JSON, which templates see as `r`.
    context : what templates see beside it: tables, footnotes.
    pictures : SVG texts by name.
    embed : put pictures into the HTML page; else they become files `<name>_<picture>.svg`.
    template : name of the template; by default that of the files.
    templates : folder of the template; its parts come from `TEMPLATES`.
    """
    sources = {}
    for key, svg in pictures.items():
        if embed:
            sources[key] = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
        else:
            sources[key] = write_text(out / f"{name}_{key}.svg", svg).name
    full = {
        **context,
        "r": content,
        "pictures": sources,
        "embedded": embed,
        "no_board": NO_BOARD,
        "dash": DASH,
    }
    write_json(out / f"{name}.json", content)
    write_text(out / f"{name}.md", render(f"{template or name}.md", full, templates))
    write_text(out / f"{name}.html", render(f"{template or name}.html", full, templates))
