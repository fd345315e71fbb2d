"""The people, pictures and clock that the tests' stories are told with."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime, timedelta

import numpy as np
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from ipreg import accounts
from ipreg.models import Account, Industry, Role, ViewKind
from ipreg.registry import DesignForm, Picture

PASSWORD = "correct horse battery"


class HandClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now


def draw_picture(seed: int, size: tuple[int, int] = (480, 600), kind: str = "JPEG") -> bytes:
    """A drawn garment with a pattern of its own: the same seed gives the same picture, another one another."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", size, tuple(int(x) for x in random.integers(180, 255, 3)))
    pen = ImageDraw.Draw(image)
    for _ in range(70):
        x, y = random.integers(0, size[0]), random.integers(0, size[1])
        w, h = random.integers(12, 120, 2)
        colour = tuple(int(c) for c in random.integers(0, 230, 3))
        draw = pen.ellipse if random.random() < 0.5 else pen.rectangle
        draw((int(x), int(y), int(x + w), int(y + h)), fill=colour, outline="black")
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def edited_copy(data: bytes) -> bytes:
    """Cropped, smaller, mirrored and compressed: what a careless copyist does."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    image = image.crop((width // 10, height // 12, width - width // 10, height - height // 12))
    image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).resize((320, 420))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=60)
    return out.getvalue()


def design_form(title: str = "云纹外套") -> DesignForm:
    return DesignForm(title=title, industry=Industry.CLOTHING, creator="林晓", created_on=date(2026, 2, 1))


def one_picture(seed: int = 1) -> list[Picture]:
    return [Picture(ViewKind.FRONT, "front.jpg", draw_picture(seed))]


class People:
    """One account of each kind: an enterprise with a designer of its own, a designer alone, a regulator."""

    def __init__(self, session: Session, now: datetime) -> None:
        def add(name: str, role: Role, **more: str | None) -> Account:
            return accounts.create_account(
                session,
                email=f"{name}@ipreg.example",
                password=PASSWORD,
                name=name,
                role=role,
                now=now,
                **more,  # type: ignore[arg-type]
            )

        self.enterprise = add("enterprise", Role.ENTERPRISE, organization_name="锦绣服饰有限公司")
        assert self.enterprise.organization is not None
        code = self.enterprise.organization.join_code
        self.designer = add("designer", Role.DESIGNER, join_code=code)
        self.freelancer = add("freelancer", Role.DESIGNER)
        self.rival = add("rival", Role.ENTERPRISE, organization_name="别家公司")
        self.regulator = add("regulator", Role.REGULATOR)
        self.second_regulator = add("second-regulator", Role.REGULATOR)
        self.administrator = add("administrator", Role.ADMINISTRATOR)
        self.auditor = add("auditor", Role.AUDITOR)
