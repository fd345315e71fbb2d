"""What is read from saved product pages, against facts that people wrote down for them.

    python benchmarks/bench_products.py FOLDER

FOLDER is ``dataset`` of a clone of https://github.com/scrapinghub/product-extraction-benchmark (MIT): pages in
``html/ID.html.gz``, facts in ``ground-truth.json``, what others read in ``output``. The peer in the same run is
extruct's output there. Nothing of it is copied into the project.
"""

from __future__ import annotations

import gzip
import json
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from ipreg.errors import CallerError
from ipreg.sightings.product import Product, read_product
from ipreg.sightings.webpage import page_of

Facts = dict[str, str]


def main() -> None:
    if len(sys.argv) < 2:
        print(__doc__)
        return
    folder = Path(sys.argv[1])
    truth: dict[str, dict[str, Any]] = json.loads((folder / "ground-truth.json").read_text("utf-8"))
    ours = {name: read(folder / "html" / f"{name}.html.gz", facts["url"]) for name, facts in truth.items()}
    peer: dict[str, Facts] = json.loads((folder / "output" / "extruct.json").read_text("utf-8"))
    for field in ("price", "availability", "brand"):
        print(f"{field:14} ours {score(truth, ours, field)}   extruct {score(truth, peer, field)}")
    missed = [facts["url"] for name, facts in truth.items() if facts.get("price") and not ours[name].get("price")]
    print(f"without a price: {len(missed)}", *missed, sep="\n  ")


def read(place: Path, address: str) -> Facts:
    try:
        found = read_product(page_of(address, gzip.decompress(place.read_bytes()), "text/html"))
    except CallerError:
        found = None
    return facts_of(found) if found else {}


def facts_of(found: Product) -> Facts:
    out = ("out_of_stock", "sold_out", "discontinued")
    stock = ("OutOfStock" if found.availability in out else "InStock") if found.availability else ""
    told = {"price": found.price, "availability": stock, "brand": found.brand}
    return {name: text for name, text in told.items() if text}


def score(truth: dict[str, dict[str, Any]], told: dict[str, Facts], field: str) -> str:
    """Precision, recall and F1; any of a page's facts is right, prices as numbers."""
    given = {name: plain(facts[field]) for name, facts in told.items() if facts.get(field)}
    wanted = {name: {plain(one) for one in facts[field]} for name, facts in truth.items() if facts.get(field)}
    right = sum(answer in wanted.get(name, ()) for name, answer in given.items())
    precision, recall = right / max(len(given), 1), right / max(len(wanted), 1)
    return f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}"


def plain(text: str) -> str | Decimal:
    try:
        return Decimal(str(text).strip().replace(",", "")).normalize()
    except InvalidOperation:
        return str(text).strip().casefold()


if __name__ == "__main__":
    main()
