"""Building the packages: one ZIP for an office, with a list of what is still missing in it."""

from __future__ import annotations

import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from ipreg import workdays
from ipreg.models import Filing, ViewKind
from ipreg.rights.clocks import GRACED
from ipreg.rights.packages import names, papers
from ipreg.rights.packages.pictures import CNIPA, HAGUE, WORKS, Prepared, Size, prepare
from ipreg.rights.packages.texts import SIX, PackageKind, Texts, best_view, lacks_of
from ipreg.rights.words import NOT_ADVICE
from ipreg.workdays import SHANGHAI

Read = Callable[[str], bytes]
Say = Callable[[str], str]
N_ = str  # marks a text for extraction
# The order in which CNIPA lists views, and in which Hague's are numbered.
_ORDER = (*SIX, ViewKind.PERSPECTIVE, ViewKind.DETAIL, ViewKind.IN_USE)
COMPLETE = N_("Nothing is missing that can be told from the filing.")
SCALE = N_("Check by eye: all views at one scale, one plain background, no shadows, no words beside the design.")
SMALL = N_("%(name)s is small: photograph or draw it again with at least %(pixels)s pixels on its longer side.")
NEEDED = N_("Missing")
ADVISED = N_("Advice")
_PIXELS = 1000


@dataclass(frozen=True)
class View:
    """One picture of the package: its file's name, which view it is, and the picture."""

    name: str
    kind: ViewKind
    label: str
    picture: Prepared


@dataclass(frozen=True)
class Source:
    """What a package is made from: ``read`` gives the bytes of a digest, ``say`` the reader's language."""

    filing: Filing
    texts: Texts
    read: Read
    say: Say
    now: datetime


def build(kind: PackageKind, source: Source) -> bytes:
    """The package as ZIP. Reads pictures: no transaction need be open."""
    make = {PackageKind.PATENT: _patent, PackageKind.WORKS: _works, PackageKind.HAGUE: _hague}[kind]
    out = io.BytesIO()
    moment = source.now.astimezone(SHANGHAI).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in make(source):
            member = zipfile.ZipInfo(name, date_time=moment)
            member.compress_type = zipfile.ZIP_STORED if name.endswith(".jpg") else zipfile.ZIP_DEFLATED
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return out.getvalue()


# --- Design patent


def _patent(source: Source) -> Iterator[tuple[str, bytes]]:
    shown = _views(source, CNIPA, names.VIEWS_ZH, "{place:02}-{label}.jpg")
    for one in shown:
        yield f"图片/{one.name}", one.picture.data
    filing, texts = source.filing, source.texts
    more = [names.omission(view, why) for view, why in texts.omitted.items() if view not in _kinds(filing)]
    if texts.colours_claimed:
        more.append("本外观设计请求保护的外观设计包含有色彩。")
    best = best_view(filing, texts)
    brief = names.brief_description(texts.product_name, texts.product_use, texts.essentials, best, more)
    yield "简要说明.docx", papers.paragraphs("外观设计简要说明", brief, at=source.now)
    yield "简要说明.txt", papers.text(brief)
    request = _request(filing, texts)
    yield "请求书信息.csv", papers.comma_separated(("项目", "内容"), request)
    yield "请求书信息.docx", papers.table("外观设计专利请求书信息", request, at=source.now)
    yield "图片清单.csv", _picture_list(shown, ("文件", "视图名称", "宽（毫米）", "高（毫米）", "分辨率", "字节"))
    yield "核对清单.txt", _checks(source, PackageKind.PATENT, shown)


def _request(filing: Filing, texts: Texts) -> list[tuple[str, str]]:
    """Fields of 外观设计专利请求书 that the filing knows; the others are for the applicant."""
    priority = "预备案不产生优先权；如有在先专利申请，请填写其申请日、申请号和原受理机构"
    return [
        ("使用外观设计的产品名称", texts.product_name or filing.title),
        ("设计人", _creators(filing)),
        ("申请人", _owner(filing)),
        ("洛迦诺分类", filing.locarno_class or "由专利局确定"),
        ("不丧失新颖性宽限期声明", _grace(filing)),
        ("要求优先权声明", priority),
        ("设计完成日", filing.created_on.isoformat()),
        ("首次公开日", filing.first_disclosed_on.isoformat() if filing.first_disclosed_on else "未公开或未填写"),
        ("预备案号", filing.number),
        ("预备案时间", _moment(filing.filed_at)),
    ]


def _grace(filing: Filing) -> str:
    if filing.disclosure in GRACED and filing.first_disclosed_on:
        day = filing.first_disclosed_on.isoformat()
        return f"需要声明：{day}的公开属于《专利法》第二十四条所列情形，自该日起六个月内提出申请"
    return "无"


# --- Registration of a work


def _works(source: Source) -> Iterator[tuple[str, bytes]]:
    shown = _views(source, WORKS, names.VIEWS_ZH, "{place:02}-{label}.jpg")
    for one in shown:
        yield f"作品样本/{one.name}", one.picture.data
    rows = _work_rows(source.filing, source.texts)
    note = "本表按《作品登记申请表》栏目整理，供在登记系统填报时使用；标“请填写”的栏目由申请人填写。"
    yield "作品登记申请表.docx", papers.table("作品登记申请表（填报内容）", rows, note=note, at=source.now)
    yield "作品登记申请表.csv", papers.comma_separated(("栏目", "内容"), rows)
    told = _explanation(source.filing, source.texts)
    yield "作品说明书.docx", papers.paragraphs("作品说明书", told, at=source.now)
    yield "作品说明书.txt", papers.text(told)
    yield "核对清单.txt", _checks(source, PackageKind.WORKS, shown)


def _work_rows(filing: Filing, texts: Texts) -> list[tuple[str, str]]:
    published = filing.first_disclosed_on
    state = "已发表" if published else "未发表"
    return [
        ("作品名称", filing.title),
        ("作品类别", names.WORKS_ZH[texts.work_kind]),
        ("作品创作性质", "原创"),
        ("作者", _creators(filing)),
        ("作品署名", "、".join(one["name"] for one in filing.creators) or filing.creator),
        ("著作权人", _owner(filing)),
        ("著作权人类别", "法人或非法人组织" if filing.owner_organization else "自然人"),
        ("著作权人证件类型及号码", names.TO_FILL_IN),
        ("国籍、省份、城市", names.TO_FILL_IN),
        ("创作完成日期", filing.created_on.isoformat()),
        ("创作完成地点", texts.made_in or names.TO_FILL_IN),
        ("发表状态", state),
        ("首次发表日期", published.isoformat() if published else "—"),
        ("首次发表地点", (texts.published_in or names.TO_FILL_IN) if published else "—"),
        ("权利取得方式", "原始"),
        ("权利归属方式", names.BELONGS_ZH[texts.belongs] if texts.belongs else names.TO_FILL_IN),
        ("权利拥有状况", "全部"),
        ("留存作品样本", f"电子介质，{len(filing.views)} 件"),
        ("申请人及联系方式", names.TO_FILL_IN),
        ("预备案号及时间", f"{filing.number}，{_moment(filing.filed_at)}"),
    ]


def _explanation(filing: Filing, texts: Texts) -> list[str]:
    return [
        f"作品名称：{filing.title}",
        f"一、创作目的：{texts.purpose or names.TO_FILL_IN}",
        f"二、创作过程：{texts.process or names.TO_FILL_IN}",
        f"三、独创性：{texts.originality or names.TO_FILL_IN}",
        f"作者：{_creators(filing)}",
        "签名（盖章）：            日期：",
    ]


# --- International registration


def _hague(source: Source) -> Iterator[tuple[str, bytes]]:
    filing, texts = source.filing, source.texts
    shown = _views(source, HAGUE, names.VIEWS_HAGUE, "1.{place}.jpg")
    for one in shown:
        yield f"reproductions/{one.name}", one.picture.data
    header = ("file", "legend", "width (mm)", "height (mm)", "dpi", "bytes")
    yield "reproductions.csv", _picture_list(shown, header)
    rows = [
        ("Applicant", _owner(filing)),
        ("Creator", _creators(filing)),
        ("Product indication", texts.name_en or "(to be filled in)"),
        ("Locarno class", filing.locarno_class or "(to be filled in)"),
        ("Number of designs", "1"),
        ("Number of reproductions", str(len(shown))),
        ("Description", texts.description_en or "(to be filled in where a designated country needs it)"),
        ("Priority", "A pre-registration gives none. First application, if any: date, number, office"),
        ("Pre-registration (evidence)", f"{filing.number}, {filing.filed_at.isoformat(timespec='seconds')}"),
    ]
    yield "application.csv", papers.comma_separated(("item", "content"), rows)
    yield "application.docx", papers.table("International application (DM/1), contents", rows, at=source.now)
    yield "checklist.txt", _checks(source, PackageKind.HAGUE, shown)


# --- What they share


def _views(source: Source, size: Size, labels: dict[ViewKind, str], pattern: str) -> list[View]:
    """The filing's views in the office's order, prepared; the n-th of a kind has its number."""
    found: list[View] = []
    seen: Counter[ViewKind] = Counter()
    repeated = Counter(view.kind for view in source.filing.views)
    for view in sorted(source.filing.views, key=lambda one: (_ORDER.index(one.kind), one.position)):
        seen[view.kind] += 1
        label = labels[view.kind] + (str(seen[view.kind]) if repeated[view.kind] > 1 else "")
        name = pattern.format(place=len(found) + 1, label=label)
        found.append(View(name, view.kind, label, prepare(source.read(view.sha256), size)))
    return found


def _picture_list(shown: list[View], header: tuple[str, ...]) -> bytes:
    rows = [
        (one.name, one.label, *one.picture.millimetres, one.picture.dpi, len(one.picture.data)) for one in shown
    ]
    return papers.comma_separated(header, rows)


def _checks(source: Source, kind: PackageKind, shown: list[View]) -> bytes:
    say = source.say
    lacks = lacks_of(source.filing, source.texts, kind)
    lines = [f"{source.filing.number} · {source.filing.title}", ""]
    for one in lacks:
        label = names.VIEWS_HAGUE if kind is PackageKind.HAGUE else names.VIEWS_ZH
        where = f"{'、'.join(label[view] for view in one.views)}: " if one.views else ""
        lines.append(f"[{say(NEEDED if one.needed else ADVISED)}] {where}{say(one.text)}")
    small = [one for one in shown if one.picture.small]
    lines += [f"[{say(ADVISED)}] {say(SMALL) % {'name': one.name, 'pixels': _PIXELS}}" for one in small]
    if not lacks and not small:
        lines.append(say(COMPLETE))
    if kind is not PackageKind.WORKS:
        lines.append(say(SCALE))
    return papers.text([*lines, "", say(NOT_ADVICE)])


def _kinds(filing: Filing) -> set[ViewKind]:
    return {view.kind for view in filing.views}


def _owner(filing: Filing) -> str:
    """Whose it is now, which after a transfer is another than the applicant."""
    return filing.owner_organization.name if filing.owner_organization else filing.owner.name


def _creators(filing: Filing) -> str:
    return "、".join(one["name"] for one in filing.creators) or filing.creator


def _moment(at: datetime) -> str:
    return f"{at.astimezone(workdays.SHANGHAI):%Y-%m-%d %H:%M:%S}（北京时间）"
