"""The words of the offices' forms. They are Chinese (CNIPA, works) or English (Hague) for every applicant."""

from __future__ import annotations

from ipreg.models import ViewKind
from ipreg.rights.packages.texts import Belongs, Omitted, WorkKind

# 专利审查指南 part I chapter 3, 4.2.1: the names of views.
VIEWS_ZH = {
    ViewKind.FRONT: "主视图",
    ViewKind.BACK: "后视图",
    ViewKind.LEFT: "左视图",
    ViewKind.RIGHT: "右视图",
    ViewKind.TOP: "俯视图",
    ViewKind.BOTTOM: "仰视图",
    ViewKind.PERSPECTIVE: "立体图",
    ViewKind.IN_USE: "使用状态参考图",
    ViewKind.DETAIL: "局部放大图",
}
# Administrative Instructions, section 405(c): the codes of legends are these words.
VIEWS_HAGUE = {
    ViewKind.FRONT: "front",
    ViewKind.BACK: "back",
    ViewKind.LEFT: "left",
    ViewKind.RIGHT: "right",
    ViewKind.TOP: "top",
    ViewKind.BOTTOM: "bottom",
    ViewKind.PERSPECTIVE: "perspective",
    ViewKind.IN_USE: "other (reference view showing the product in use)",
    ViewKind.DETAIL: "other (enlarged detail)",
}
OPPOSITE = {
    ViewKind.FRONT: ViewKind.BACK,
    ViewKind.BACK: ViewKind.FRONT,
    ViewKind.LEFT: ViewKind.RIGHT,
    ViewKind.RIGHT: ViewKind.LEFT,
    ViewKind.TOP: ViewKind.BOTTOM,
    ViewKind.BOTTOM: ViewKind.TOP,
}
OMITTED_ZH = {
    Omitted.SAME: "{view}与{other}相同，省略{view}。",
    Omitted.MIRRORED: "{view}与{other}对称，省略{view}。",
    Omitted.UNSEEN: "{view}所示的面使用时不容易看到或者看不到，省略{view}。",
}
WORKS_ZH = {
    WorkKind.FINE_ART: "美术作品",
    WorkKind.PHOTOGRAPH: "摄影作品",
    WorkKind.PRODUCT_DRAWING: "产品设计图（图形作品）",
    WorkKind.MODEL: "模型作品",
    WorkKind.OTHER: "其他作品",
}
BELONGS_ZH = {
    Belongs.PERSON: "个人作品",
    Belongs.TOGETHER: "合作作品",
    Belongs.ORGANISATION: "法人作品",
    Belongs.EMPLOYED: "职务作品",
    Belongs.ORDERED: "委托作品",
}
TO_FILL_IN = "（请填写）"


def brief_description(title: str, use: str, essentials: str, best: ViewKind, more: list[str]) -> list[str]:
    """简要说明, paragraph by paragraph (Implementing Regulations, rule 31)."""
    stated = [
        f"本外观设计产品的名称：{title or TO_FILL_IN}。",
        f"本外观设计产品的用途：{_ended(use)}",
        f"本外观设计产品的设计要点：{_ended(essentials)}",
        f"最能表明设计要点的图片或者照片：{VIEWS_ZH[best]}。",
        *more,
    ]
    return [f"{place}. {text}" for place, text in enumerate(stated, 1)]


def omission(view: ViewKind, why: Omitted) -> str:
    """The sentence that says why a view is left out."""
    return OMITTED_ZH[why].format(view=VIEWS_ZH[view], other=VIEWS_ZH[OPPOSITE[view]])


def _ended(text: str) -> str:
    text = " ".join(text.split()) or TO_FILL_IN
    return text if text.endswith(("。", "；", "！")) else text.rstrip(".，, ") + "。"
