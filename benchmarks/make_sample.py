"""Makes ipreg/sample/ anew: designs, edited copies of them and innocent goods, as small JPEGs.

    python benchmarks/make_sample.py PHOTOS MAKE_COPIES.py

PHOTOS is a folder of photographs with labels.csv and LICENSE beside them, MAKE_COPIES.py the copy benchmark's
maker. Neither is part of the project; the sample that came out is.
"""

from __future__ import annotations

import csv
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image, ImageOps

SAMPLE = Path(__file__).parent.parent / "ipreg" / "sample"
WORDS = dict(
    pair.split("=")
    for pair in (
        "T-Shirt=短袖T恤 Longsleeve=长袖上衣 Pants=长裤 Shoes=鞋 Shirt=衬衫 Dress=连衣裙 Outwear=外套 Shorts=短裤 "
        "Hat=帽子 Skirt=半身裙 Polo=Polo衫 Undershirt=背心 Blazer=西装 Hoodie=连帽衫 Body=连体衣 Top=上衣 "
        "Blouse=女衬衫"
    ).split()
)
NAMES = (
    "云纹 山岚 青禾 远岫 白露 松烟 流光 竹影 晚晴 初雪 海棠 石榴 "
    "惊蛰 谷雨 扶桑 月白 绛云 霜叶 听涛 半夏 星野 鹿鸣 疏影 长亭"
).split()
SELLERS = ("快手小铺", "潮流前线", "好店优选", "衣柜旧梦", "城南织造")


def shrink(source: Path, target: Path) -> None:
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    image.thumbnail((400, 400), Image.Resampling.LANCZOS)
    image.save(target, "JPEG", quality=70, optimize=True)


def main(photos: Path, maker: Path) -> None:
    labels = {}
    for row in csv.DictReader((photos / "labels.csv").open(encoding="utf-8")):
        values = list(row.values())
        labels[Path(row.get("image", values[0])).stem] = row.get("label", values[-1])
    with tempfile.TemporaryDirectory() as name:
        made = Path(name)
        command = [sys.executable, maker, photos, made, "--registry", "24", "--queries", "60", "--seed", "5"]
        subprocess.run(command, check=True)
        for folder in ("designs", "listings"):
            shutil.rmtree(SAMPLE / folder, ignore_errors=True)
            (SAMPLE / folder).mkdir(parents=True)
        designs(made, labels)
        listings(made)
    shutil.copy(photos / "LICENSE", SAMPLE / "LICENSE")


def designs(made: Path, labels: dict[str, str]) -> None:
    with (SAMPLE / "designs.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("picture", "title", "industry", "creator", "created_on", "applicant"))
        for number, source in enumerate(sorted((made / "registry").iterdir())):
            name = f"design-{number + 1:02}.jpg"
            shrink(source, SAMPLE / "designs" / name)
            kind = WORDS.get(labels.get(source.stem, ""), "服装")
            industry = "leather" if kind == "鞋" else "underwear" if kind == "背心" else "clothing"
            who = ("designer", "林晓") if number % 3 else ("freelancer", "周宁")
            day = f"2026-{1 + number % 9:02}-{3 + number:02}"
            rows.writerow((name, NAMES[number] + kind, industry, who[1], day, f"{who[0]}@ipreg.example"))


def listings(made: Path) -> None:
    draw = random.Random(5)
    with (SAMPLE / "feed.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("platform", "listing_id", "address", "title", "seller", "price", "currency", "pictures"))
        for number, source in enumerate(sorted((made / "queries").iterdir())):
            name = f"listing-{number + 1:02}.jpg"
            shrink(source, SAMPLE / "listings" / name)
            platform = ("淘淘", "拼集", "街市")[number % 3]
            ident = f"{draw.randrange(10**9, 10**10)}"
            address = f"https://shop.example/item/{ident}"
            price = f"{draw.randrange(39, 399)}.00"
            title = f"2026新款 {draw.choice(('显瘦', '宽松', '复古', '通勤', '百搭'))}穿搭 {number + 1:02}"
            rows.writerow((platform, ident, address, title, draw.choice(SELLERS), price, "CNY", name))


if __name__ == "__main__":
    if len(sys.argv) != 3 or not Path(sys.argv[1]).is_dir():
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
