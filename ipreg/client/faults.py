"""What can go wrong between a program and the API."""

from __future__ import annotations

from httpx import Response
from pydantic import ValidationError

from ipreg.api.shapes import Problem


class ApiError(Exception):
    """The API refused. ``code`` is stable, ``field`` names what is wrong, ``problem`` is all of it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.code}: {problem.detail}")
        self.problem = problem

    @property
    def status(self) -> int:
        return self.problem.status

    @property
    def code(self) -> str:
        return self.problem.code

    @property
    def field(self) -> str | None:
        return self.problem.field


class ApiMissingError(ApiError):
    """There is no such thing, or it is not yours."""


class ApiConflictError(ApiError):
    """Somebody was faster: read it again, and decide again."""


class ApiUnreachableError(Exception):
    """The server did not answer, or not as this API does, as often as it was tried."""


def fault_of(answer: Response) -> Exception:
    """The exception for an answer that is an error."""
    try:
        problem = Problem.model_validate_json(answer.content)
    except ValidationError:  # a proxy's own page, say
        return ApiUnreachableError(f"{answer.status_code} from {answer.request.url}")
    kinds = {404: ApiMissingError, 409: ApiConflictError}
    return kinds.get(answer.status_code, ApiError)(problem)
