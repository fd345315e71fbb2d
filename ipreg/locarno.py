"""The Locarno Classification: its 32 classes, and the subclasses that the nine industries need, in both languages.

Source: WIPO, Locarno Classification, class headings (https://locpub.wipo.int); docs/filing.md says which edition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ipreg.models import Industry


@dataclass(frozen=True)
class Place:
    """A class (``02``) or subclass (``02-02``) with its names."""

    number: str
    zh: str
    en: str

    @property
    def line(self) -> str:
        """What people pick it by: number and both names, so that either language finds it."""
        return f"{self.number} {self.zh} {self.en}"


_LIST = """
01|食品|Foodstuffs
02|服装、服饰用品和缝纫用品|Articles of clothing and haberdashery
02-01|内衣、女内衣、紧身胸衣、胸罩、睡衣|Undergarments, lingerie, corsets, brassières, nightwear
02-02|服装|Garments
02-03|帽子、头部遮盖物|Headwear
02-04|鞋、短袜和长袜|Footwear, socks and stockings
02-05|领带、围巾、颈巾和手帕|Neckties, scarves, neckerchiefs and handkerchiefs
02-06|手套|Gloves
02-07|缝纫用品和服装配件（纽扣、拉链、腰带等）|Haberdashery and clothing accessories (buttons, zips, belts)
02-99|其他杂项|Other clothing
03|其他类未列入的旅行用品、箱包、阳伞和个人用品|Travel goods, cases, parasols and personal belongings
03-01|大衣箱、手提箱、公文包、手提包、钱包、钥匙袋及类似物品|Suitcases, handbags, wallets, keyholders and similar
03-03|雨伞、阳伞和手杖|Umbrellas, parasols and walking sticks
03-04|扇子|Fans
03-05|携带婴幼儿和帮助其行走的用具（婴儿背带）|Devices for carrying and walking with babies and children
03-99|其他杂项|Other travel goods and belongings
04|刷子|Brushware
04-01|清洁用刷和扫帚|Brushes and brooms for cleaning
04-02|梳妆用刷、衣刷和鞋刷（化妆刷）|Toilet brushes (make-up), clothes brushes and shoe brushes
04-04|油漆刷、烹饪用刷（画笔）|Paintbrushes, brushes for use in cooking
05|纺织品、人造或天然材料片材|Textile piece goods, artificial and natural sheet material
05-01|纺制品|Spun articles
05-02|花边|Lace
05-03|刺绣品|Embroidery
05-04|缎带、编带和其他装饰用饰边|Ribbons, braids and other decorative trimmings
05-05|纺织纤维制品（面料）|Textile fabrics
05-06|人造或天然材料片材（皮革、壁纸）|Artificial or natural sheet material (leather, wallpaper)
06|家具和家居用品|Furnishing
06-01|座椅、沙发|Seats, chairs, sofas
06-02|床|Beds
06-03|桌子及类似家具|Tables and similar furniture
06-04|存放用家具（柜、架）|Storage furniture (cupboards, shelves)
06-05|组合家具|Composite furniture
06-06|其他家具和家具部件|Other furniture and furniture parts
06-07|镜子和框架|Mirrors and frames
06-08|衣架|Clothes hangers
06-09|床垫和垫子|Mattresses and cushions
06-10|窗帘和室内用百叶窗|Curtains and indoor blinds
06-11|地毯、地席、地垫|Carpets, mats and rugs
06-12|挂毯|Tapestries
06-13|毯子及其他覆盖物、家用亚麻制品和餐桌用布|Blankets and other covering materials, household linen
07|其他类未列入的家用物品|Household goods, not elsewhere specified
07-01|瓷器、玻璃器皿、餐碟及类似物品|China, glassware, dishes and similar articles
07-02|烹饪用的器具、用品和容器（锅、壶）|Cooking appliances, utensils and containers
07-03|餐桌用刀、叉、匙（筷子）|Table knives, forks and spoons (chopsticks)
07-04|用于制作食物或饮料的手动器具|Hand-operated appliances and utensils for preparing food or drink
07-05|熨烫、洗涤、清洁和干燥用具|Flatirons and washing, cleaning and drying equipment
07-06|其他餐桌用品（托盘、杯垫）|Other table utensils (trays, coasters)
07-07|其他家用容器（收纳盒、饭盒）|Other household receptacles (storage and lunch boxes)
07-10|冷却、冷冻装置和保温容器（保温杯）|Cooling and freezing devices and isothermal containers
08|工具和五金器具|Tools and hardware
08-06|把手、球形把手和铰链|Handles, knobs and hinges
09|用于商品运输或装卸的包装和容器|Packaging and containers for the transport or handling of goods
09-01|瓶、长颈瓶、罐、坛及带有动力分配装置的容器|Bottles, flasks, pots, demijohns, dynamic dispensing containers
09-02|贮藏罐、桶|Storage cans, drums and casks
09-03|盒子、箱子、容器、罐头盒|Boxes, cases, containers, tins
09-04|有盖篮、板条箱和篮子|Hampers, crates and baskets
09-05|袋、小袋、管和囊|Bags, sachets, tubes and capsules
09-06|绳索和捆扎材料|Ropes and hooping materials
09-07|封口装置及附件（瓶盖、喷头）|Closing means and attachments (caps, sprays)
09-09|垃圾和废物用容器及其架子|Refuse and trash containers and stands therefor
10|钟、表及其他测量仪器、检测仪器、信号仪器|Clocks, watches, other measuring, checking and signalling instruments
10-01|钟和闹钟|Clocks and alarm clocks
10-02|表和手表|Watches and wrist watches
10-03|其他计时仪器|Other time-measuring instruments
10-07|钟表等仪器的外壳、表盘、指针及其他部件和附件（表带）|Casings, dials, hands, parts, accessories (watch straps)
11|装饰品|Articles of adornment
11-01|珠宝首饰（戒指、项链、耳环）|Jewellery (rings, necklaces, earrings)
11-02|小装饰品、桌面、壁炉台和墙面的装饰物，花瓶和花盆|Trinkets, table, mantel and wall ornaments, vases and pots
11-03|纪念章和徽章|Medals and badges
11-04|人造花、人造水果和人造植物|Artificial flowers, fruit and plants
11-05|旗帜、节日装饰品|Flags, festive decorations
11-99|其他杂项|Other articles of adornment
12|运输或提升工具|Means of transport or hoisting
13|发电、配电或变电设备|Equipment for production, distribution or transformation of electricity
14|记录、电信或数据处理设备|Recording, telecommunication or data processing equipment
15|其他类未列入的机械|Machines, not elsewhere specified
16|照相设备、电影摄影设备和光学设备|Photographic, cinematographic and optical apparatus
16-06|光学制品（眼镜、太阳镜、镜架）|Optical articles (spectacles, sunglasses, frames)
17|乐器|Musical instruments
18|印刷和办公机械|Printing and office machinery
19|文具、办公用品、美术用品和教学用品|Stationery and office equipment, artists' and teaching materials
20|销售设备、广告设备和标志物|Sales and advertising equipment, signs
21|游戏器具、玩具、帐篷和体育用品|Games, toys, tents and sports goods
21-01|游戏器具和玩具|Games and toys
21-02|体操和运动器械|Gymnastics and sports apparatus and equipment
21-03|其他娱乐和游艺用品|Other amusement and entertainment articles
21-04|帐篷及其附件|Tents and accessories thereof
22|武器、烟火用品，用于狩猎、捕鱼及捕杀有害动物的用具|Arms, pyrotechnics, hunting, fishing and pest killing articles
23|流体分配、卫生、加热、通风和空调设备、固体燃料|Fluid distribution, sanitary, heating, ventilation, solid fuel
24|医疗设备和实验室设备|Medical and laboratory equipment
25|建筑构件和施工元件|Building units and construction elements
26|照明设备|Lighting apparatus
26-01|烛台和枝状大烛台|Candlesticks and candelabra
26-02|手电筒、手提灯和灯笼式提灯|Torches and hand lamps and lanterns
26-03|公共场所照明装置（路灯）|Public lighting fixtures
26-04|电或非电的光源（灯泡、蜡烛）|Luminous sources, electrical or not (bulbs, candles)
26-05|灯、落地灯、枝形吊灯、壁灯和吸顶灯、灯罩|Lamps, standard lamps, chandeliers, fixtures, lampshades
27|烟草和吸烟用具|Tobacco and smokers' supplies
28|药品、化妆品、梳妆用品和设备|Pharmaceutical and cosmetic products, toilet articles and apparatus
28-02|化妆品|Cosmetic products
28-03|梳妆用品和美容院设备|Toilet articles and beauty parlour equipment
28-04|假发、假发髻|Wigs and artificial hairpieces
28-05|空气清新剂（香薰）|Air fresheners
29|防火灾、防事故、救援用的装置及设备|Equipment against fire hazards, for accident prevention, life saving
30|动物照管与驯养用品|Articles for the care and handling of animals
31|其他类未列入的食品或饮料制备机械和设备|Machines and appliances for preparing food or drink
32|图形符号、标识、表面图案、纹饰、内部和外部布置|Graphic symbols, logos, patterns, ornamentation, arrangements
32-01|图形符号、标识、表面图案、纹饰|Graphic symbols and logos, surface patterns, ornamentation
32-02|内部和外部布置|Arrangement of interiors and exteriors
"""
PLACES = tuple(Place(*line.split("|")) for line in _LIST.strip().splitlines())
_BY_NUMBER = {one.number: one for one in PLACES}
# Everyday goods by subclass, in Chinese and in English: what people search by who know no class.
_GOODS = [line.split("|") for line in Path(__file__).with_name("locarno-goods.txt").read_text("utf-8").splitlines()]
_ZH = {number: zh.split() for number, zh, _ in _GOODS}
_EN = {number: [one.strip() for one in en.split(",")] for number, _, en in _GOODS}
# What goods are made of or worked with: a silk scarf is a scarf. They count where nothing else is named.
_MATERIALS = frozenset(
    "皮革 真皮 丝绸 绸缎 香云纱 毛呢 雪纺 天鹅绒 帆布 蕾丝 提花 刺绣 印花 扎染 蜡染 陶瓷 景泰蓝 珍珠 翡翠 钻石 "
    "宝石 leather silk satin brocade velvet denim chiffon tweed batik jacquard print lace embroidery porcelain "
    "ceramics pearl gemstone cloisonne".split()
)
USUAL: dict[Industry, tuple[str, ...]] = {
    Industry.CLOTHING: ("02-02", "02-03", "02-04", "02-05", "05-05"),
    Industry.FURNITURE: ("06-01", "06-03", "06-04", "06-02", "06-09", "26-05"),
    Industry.WATCHES: ("10-02", "10-07", "10-01"),
    Industry.JEWELLERY: ("11-01", "11-02", "11-03"),
    Industry.UNDERWEAR: ("02-01", "02-02", "05-02"),
    Industry.LEATHER: ("03-01", "02-04", "02-07", "05-06"),
    Industry.EYEWEAR: ("16-06",),
    Industry.COSMETICS: ("28-02", "28-03", "09-01", "09-03", "04-02"),
    Industry.CRAFTS: ("11-02", "07-01", "05-03", "32-01"),
}


def find(text: str) -> str | None:
    """The number that ``text`` names: ``02-02``, ``2-2``, ``LOC (15) Cl. 02-02``, a line of the list, or one name;
    or that of the only class whose goods it names.

    >>> find("LOC (15) Cl. 2-2"), find("珠宝首饰（戒指、项链、耳环）"), find("02-98"), find("手表")
    ('02-02', '11-01', None, '10-02')
    """
    text = re.sub(r"^\s*(LOC\s*)?(\(\d+\)\s*)?(Cl\.\s*)?", "", text.strip(), flags=re.IGNORECASE)
    if found := re.match(r"(\d{1,2})(?:\s*[-－—–.]\s*(\d{1,2}))?(?!\d)", text):
        number = found[1].zfill(2) + (f"-{found[2].zfill(2)}" if found[2] else "")
        return number if number in _BY_NUMBER else None
    named = [one.number for one in PLACES if text and text.lower() in (one.zh.lower(), one.en.lower())]
    fitting = named or [one.number for one in search(text)]
    return fitting[0] if len(fitting) == 1 else None


def search(text: str) -> list[Place]:
    """The classes whose goods ``text`` names best, in either language; several where it says no more.

    >>> [one.number for one in search("red eyeglass frames")], [one.number for one in search("女士连衣裙")]
    (['16-06'], ['02-02'])
    """
    said = " ".join(text.lower().split())
    scored = [(max(_fits_zh(said, one), _fits_en(said, one)), one) for one in PLACES]
    best = max(score for score, _ in scored)
    return [one for score, one in scored if score == best] if best > _NOTHING else []


def goods_of(number: str) -> str:
    """The goods of a subclass that people search by."""
    return ", ".join([*_ZH.get(number, ()), *_EN.get(number, ())])


_NOTHING = (0, 0)


def _fits_zh(said: str, place: Place) -> tuple[int, int]:
    """How well: it is one of the goods; speaks of one, better of a longer; is a part of one, or of the name."""
    goods = [one.lower() for one in _ZH.get(place.number, ())]
    if said in goods:
        return 4, 0
    if not said or said.isascii():
        return _NOTHING
    spoken = max((0 if one in _MATERIALS else len(one) for one in goods if one in said), default=None)
    return (2, spoken) if spoken is not None else (int(any(said in one for one in (*goods, place.zh))), 0)


def _fits_en(said: str, place: Place) -> tuple[int, int]:
    """The same by words; "glass" and "glasses" are two goods, "watches" one with "watch"."""
    given, goods = _EN.get(place.number, []), [_words(one) for one in _EN.get(place.number, [])]
    words = _words(said)
    if said in given:
        return 4, 0
    if not words:
        return _NOTHING
    if words in goods:
        return 3, 0
    spoken = max((0 if one <= _MADE_OF else len(one) for one in goods if one <= words), default=None)
    return (2, spoken) if spoken is not None else (int(words <= _words(place.en)), 0)


@lru_cache(4000)
def _words(text: str) -> frozenset[str]:
    """Words without their plural."""
    found = re.findall(r"[a-z][a-z-]*", text.lower())
    return frozenset(re.sub(r"(?<=ss|ch|sh)es$|(?<=x)es$|(?<=[a-z]{2})(?<!s)s$", "", one) for one in found)


def line_of(number: str | None, locale: str) -> str:
    """Number and name; the number alone where the list has grown shorter since, empty for None."""
    found = _BY_NUMBER.get(number or "")
    return f"{found.number} {found.zh if locale == 'zh' else found.en}" if found else number or ""


_MADE_OF = frozenset().union(*map(_words, _MATERIALS))
