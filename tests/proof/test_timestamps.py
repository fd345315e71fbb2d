"""Time stamps: what others' tools accept we accept, and no liar gets past."""

from __future__ import annotations

import functools
import hashlib
import itertools
import shutil
import stat
import subprocess
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apps import create_app
from asn1crypto import tsp
from authorities import START, make_authority, serve
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from rfc3161_client import VerifierBuilder, decode_timestamp_response
from scenery import HandClock
from sqlalchemy import select

from ipreg import log, stamping
from ipreg.authority import COMMON_NAME, POLICY, EmbeddedAuthority, open_authority
from ipreg.config import Config
from ipreg.db import transaction
from ipreg.errors import ConfigError, ProofError
from ipreg.models import LogTimeStamp, StampState
from ipreg.runtime import Runtime
from ipreg.stamping import Authority, Stamped, stamp_newest, stamps_covering, stamps_on, verify_stamp
from ipreg.timestamps import Anchors, ask_over_http, make_request, verify_answer
from jobs import checkpoints, timestamps

DATA = b"log.example/ipreg\n7\n...\n"
NOW = START + timedelta(days=100)
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="NO openssl HERE: not compared with it")


@pytest.fixture(scope="module")
def honest() -> EmbeddedAuthority:
    return make_authority()


def anchors_of(one: EmbeddedAuthority) -> Anchors:
    return Anchors((one.ca,))


def openssl_accepts(folder: Path, data: bytes, answer: bytes, certificates: bytes, *more: str) -> bool:
    for name, content in (("checkpoint", data), ("token.tsr", answer), ("ca.pem", certificates)):
        (folder / name).write_bytes(content)
    words = ["ts", "-verify", "-data", "checkpoint", "-in", "token.tsr", "-CAfile", "ca.pem", *more]
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True)
    assert (done.returncode == 0) == ("Verification: OK" in done.stdout)
    return done.returncode == 0


@needs_openssl
def test_openssl_and_rfc3161_client_accept_what_the_embedded_authority_signs(tmp_path: Path) -> None:
    made = open_authority(tmp_path / "secrets", owner="registry.example/log", now=NOW)
    request = make_request(DATA, policy=POLICY)
    answer = made.answer(request.der, now=NOW)
    ca = made.ca.public_bytes(Encoding.PEM)
    assert openssl_accepts(tmp_path, DATA, answer, ca)
    assert not openssl_accepts(tmp_path, DATA + b"x", answer, ca)
    assert not openssl_accepts(tmp_path, DATA, answer, make_authority().ca.public_bytes(Encoding.PEM))
    verifier = VerifierBuilder(
        policy_id=x509.ObjectIdentifier(POLICY), nonce=request.nonce, roots=[made.ca], common_name=None
    ).build()
    assert verifier.verify(decode_timestamp_response(answer), hashlib.sha256(DATA).digest())
    found = verify_answer(answer, data=DATA, anchors=anchors_of(made), policy=POLICY, nonce=request.nonce, now=NOW)
    assert (found.gen_time, found.policy) == (NOW, POLICY)
    assert COMMON_NAME in found.authority and "not independent" in found.authority
    assert "registry.example/log" in found.authority


@needs_openssl
def test_openssl_makes_a_request_that_is_answered_and_a_token_that_is_accepted(
    tmp_path: Path, honest: EmbeddedAuthority
) -> None:
    (tmp_path / "data").write_bytes(DATA)
    subprocess.run(
        ["openssl", "ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "q"], cwd=tmp_path, check=True
    )
    answer = honest.answer((tmp_path / "q").read_bytes(), now=NOW)
    assert openssl_accepts(tmp_path, DATA, answer, honest.ca.public_bytes(Encoding.PEM))


@needs_openssl
def test_a_token_that_openssl_issued_is_accepted(tmp_path: Path) -> None:
    """Another implementation's tokens, with RSA keys and an intermediate, as public authorities have."""
    config = (
        "[req]\ndistinguished_name=dn\n[dn]\n[ca]\nbasicConstraints=critical,CA:TRUE\n"
        "[tsa]\nextendedKeyUsage=critical,timeStamping\n[ts]\nserial=serial\ncrypto_device=builtin\n"
        "signer_cert=tsa.pem\nsigner_key=tsa.key\ncerts=mid.pem\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n"
        "digests=sha256\nordering=no\ntsa_name=yes\ness_cert_id_chain=yes\ness_cert_id_alg=sha256\n"
    )
    (tmp_path / "c").write_text(config)
    (tmp_path / "serial").write_text("01\n")

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)

    new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-config", "c")
    openssl(*new, "-subj", "/CN=root", "-extensions", "ca", "-keyout", "root.key", "-out", "root.pem")
    below = (("mid", "root", "ca"), ("tsa", "mid", "tsa"))
    for name, issuer, extensions in below:
        openssl(
            *new, "-subj", f"/CN={name}", "-extensions", extensions, "-keyout", f"{name}.key",
            "-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-out", f"{name}.pem",
        )  # fmt: skip
    request = make_request(DATA)
    (tmp_path / "q").write_bytes(request.der)
    openssl("ts", "-reply", "-config", "c", "-section", "ts", "-queryfile", "q", "-out", "a")
    answer = (tmp_path / "a").read_bytes()
    pem = b"".join((tmp_path / f"{name}.pem").read_bytes() for name in ("root", "mid"))
    found = verify_answer(answer, data=DATA, anchors=Anchors.from_pem(pem), policy="1.2.3.4", nonce=request.nonce)
    assert found.authority == "CN=tsa"


def test_no_flipped_byte_of_a_token_goes_unnoticed(honest: EmbeddedAuthority) -> None:
    request = make_request(DATA)
    answer = honest.answer(request.der, now=NOW)
    for at in range(len(answer)):
        changed = bytearray(answer)
        changed[at] ^= 1 << at % 8
        with pytest.raises(ProofError):
            verify_answer(bytes(changed), data=DATA, anchors=anchors_of(honest), nonce=request.nonce, now=NOW)
    for length in range(0, len(answer), 7):
        with pytest.raises(ProofError):
            verify_answer(answer[:length], data=DATA, anchors=anchors_of(honest))
    with pytest.raises(ProofError):
        verify_answer(answer + b"\0", data=DATA, anchors=anchors_of(honest))


LIARS: list[tuple[str, str, Callable[[EmbeddedAuthority, bytes], bytes]]] = [
    ("another's key", "token_signature_wrong", lambda _, asked: make_authority().answer(asked, now=NOW)),
    ("other data", "token_other_data", lambda one, _: one.answer(make_request(b"other").der, now=NOW)),
    ("an old answer", "token_other_nonce", lambda one, _: one.answer(make_request(DATA).der, now=NOW)),
    ("an early time", "token_time_off", lambda one, asked: one.answer(asked, now=NOW - timedelta(days=1))),
    ("a late time", "token_time_off", lambda one, asked: one.answer(asked, now=NOW + timedelta(minutes=6))),
    ("a time before the certificate", "token_certificate_not_valid_then",
     lambda one, asked: one.answer(asked, now=START - timedelta(days=1))),
    ("no certificate", "token_without_certificate", lambda one, asked: without_certificate(one, asked)),
    ("a refusal", "token_not_granted", lambda one, _: one.answer(b"nonsense", now=NOW)),
    ("another digest", "token_other_algorithm", lambda one, _: with_sha512(one)),
    ("a web page", "token_malformed", lambda *_: b"<html>please pay</html>"),
    ("nothing", "token_malformed", lambda *_: b""),
]  # fmt: skip


def without_certificate(one: EmbeddedAuthority, asked: bytes) -> bytes:
    request = tsp.TimeStampReq.load(asked)
    request["cert_req"] = False
    return one.answer(request.dump(force=True), now=NOW)


def with_sha512(one: EmbeddedAuthority) -> bytes:
    imprint = {"hash_algorithm": {"algorithm": "sha512"}, "hashed_message": hashlib.sha512(DATA).digest()}
    return one.answer(tsp.TimeStampReq({"version": "v1", "message_imprint": imprint}).dump(), now=NOW)


@pytest.mark.parametrize(("lie", "code", "answer"), LIARS, ids=[one[0] for one in LIARS])
def test_a_lying_authority_is_caught(
    honest: EmbeddedAuthority, lie: str, code: str, answer: Callable[[EmbeddedAuthority, bytes], bytes]
) -> None:
    request = make_request(DATA)
    with pytest.raises(ProofError) as caught:
        verify_answer(
            answer(honest, request.der), data=DATA, anchors=anchors_of(honest), nonce=request.nonce, now=NOW
        )
    assert caught.value.code == code


def test_the_asked_for_policy_is_insisted_on(honest: EmbeddedAuthority) -> None:
    answer = honest.answer(make_request(DATA).der, now=NOW)
    with pytest.raises(ProofError, match="token_other_policy"):
        verify_answer(answer, data=DATA, anchors=anchors_of(honest), policy="1.2.3.4")
    refused = honest.answer(make_request(DATA, policy="1.2.3.4").der, now=NOW)
    with pytest.raises(ProofError, match="unaccepted_policy"):
        verify_answer(refused, data=DATA, anchors=anchors_of(honest))


@pytest.mark.parametrize(
    "faulty",
    [
        make_authority(critical=False),
        make_authority(purposes=(ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)),
        make_authority(purposes=(ExtendedKeyUsageOID.CODE_SIGNING,)),
        make_authority(purposes=()),
    ],
)
def test_a_certificate_for_other_purposes_is_refused(faulty: EmbeddedAuthority) -> None:
    answer = faulty.answer(make_request(DATA).der, now=NOW)
    with pytest.raises(ProofError, match="token_certificate_purpose"):
        verify_answer(answer, data=DATA, anchors=anchors_of(faulty))


@needs_openssl
def test_a_certificate_is_judged_at_the_tokens_time(tmp_path: Path) -> None:
    """A token outlives the certificate it was signed with; one made after the certificate's end never holds."""
    short = make_authority(not_after=START + timedelta(days=30))
    good = short.answer(make_request(DATA).der, now=START + timedelta(days=29))
    verify_answer(good, data=DATA, anchors=anchors_of(short))
    late = short.answer(make_request(DATA).der, now=START + timedelta(days=31))
    with pytest.raises(ProofError, match="token_certificate_not_valid_then"):
        verify_answer(late, data=DATA, anchors=anchors_of(short))
    pem = short.ca.public_bytes(Encoding.PEM)
    at = str(int((START + timedelta(days=29)).timestamp()))
    assert not openssl_accepts(tmp_path, DATA, good, pem)
    assert openssl_accepts(tmp_path, DATA, good, pem, "-attime", at)


def test_the_authority_is_kept_renewed_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    first = open_authority(folder, owner="a", now=NOW)
    assert open_authority(folder, owner="a", now=NOW).chain == first.chain
    assert [stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()] == [0o600]
    old = first.answer(make_request(DATA).der, now=NOW)
    later = NOW + timedelta(days=365 * 9 + 10)
    renewed = open_authority(folder, owner="a", now=later)
    assert renewed.ca == first.ca and renewed.certificate != first.certificate
    for answer in (old, renewed.answer(make_request(DATA).der, now=later + timedelta(days=400))):
        verify_answer(answer, data=DATA, anchors=anchors_of(first))


def test_two_first_starts_at_once_make_one_authority(tmp_path: Path) -> None:
    found: list[tuple[x509.Certificate, ...]] = []
    threads = [
        threading.Thread(target=lambda: found.append(open_authority(tmp_path, owner="a", now=NOW).chain))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8 and len(set(found)) == 1


def append(runtime: Runtime, clock: HandClock, note: str = "x") -> int:
    with transaction(runtime.sessions) as session:
        index = log.append_entry(session, kind="test", subject="s", statement={"note": note}, now=clock()).index
    checkpoints.run(runtime, clock=clock)
    return index


def rows(runtime: Runtime) -> list[tuple[str, int, str, int]]:
    with runtime.sessions() as session:
        found = session.scalars(select(LogTimeStamp).order_by(LogTimeStamp.authority, LogTimeStamp.size))
        return [(one.authority, one.size, one.state.value, one.tries) for one in found]


@needs_openssl
def test_the_job_stamps_the_newest_checkpoint_and_strangers_can_check_it(
    runtime: Runtime, clock: HandClock, tmp_path: Path
) -> None:
    assert timestamps.run(runtime, clock=clock) == Stamped()  # an empty log
    append(runtime, clock)
    assert timestamps.run(runtime, clock=clock) == Stamped(stamped=1)
    assert timestamps.run(runtime, clock=clock) == Stamped()
    clock.move(hours=1)
    append(runtime, clock)
    timestamps.run(runtime, clock=clock)
    with runtime.sessions() as session:
        (stamp,) = stamps_covering(session, index=0)
        assert (stamp.size, stamp.embedded, stamp.gen_time) == (1, True, clock() - timedelta(hours=1))
        assert verify_stamp(session, stamp).gen_time == stamp.gen_time
        proof = log.prove_inclusion(session, index=0, size=stamp.size)
        assert proof.head.size == 1
        proof.verify(runtime.log_key.verifier)
    client = create_app(runtime.config).test_client()
    served = {kind: client.get(f"/log/checkpoints/2/{kind}") for kind in ("embedded.tsr", "embedded.pem")}
    assert {one.status_code for one in served.values()} == {200}
    data = client.get("/log/checkpoints/2")
    assert "immutable" in data.headers["Cache-Control"]
    assert openssl_accepts(tmp_path, data.data, served["embedded.tsr"].data, served["embedded.pem"].data)
    for missing in ("9", "2/other.tsr", "9/embedded.tsr", "2/other.pem", "x"):
        assert client.get(f"/log/checkpoints/{missing}").status_code == 404


def test_an_authority_that_is_away_is_asked_again_with_growing_waits_until_it_answers(
    runtime: Runtime, clock: HandClock, honest: EmbeddedAuthority
) -> None:
    from ipreg.errors import UpstreamError

    asked: list[datetime] = []
    away = True

    def ask(request: bytes) -> bytes:
        asked.append(clock())
        if away:
            raise UpstreamError("authority_unreachable", reason="away")
        return honest.answer(request, now=clock())

    one = Authority("one", False, anchors_of(honest), None, ask)
    append(runtime, clock)
    start = clock()
    while clock() < start + timedelta(hours=6):
        stamp_newest(runtime, [one], clock=clock)
        clock.move(seconds=30)
    waits = [(later - earlier).total_seconds() for earlier, later in itertools.pairwise(asked)]
    assert waits == [30, 60, 120, 240, 480, 960, 1920, *[3600] * (len(waits) - 7)] and len(waits) > 8
    append(runtime, clock)  # a newer checkpoint neither wears the wait away nor starts anew
    before = len(asked)
    assert stamp_newest(runtime, [one], clock=clock) == Stamped()
    assert len(asked) == before
    with runtime.sessions() as session:
        assert "authority_unreachable" in session.scalars(select(LogTimeStamp.last_fault)).all()[1]
    away = False
    clock.move(hours=1)
    assert stamp_newest(runtime, [one], clock=clock) == Stamped(stamped=1)
    assert [row[1:3] for row in rows(runtime)] == [(1, "superseded"), (2, "stamped")]
    with runtime.sessions() as session:
        assert [stamp.size for stamp in stamps_covering(session, index=0)] == [2]


@pytest.mark.network
def test_authorities_that_are_down_lie_or_hang_never_hold_up_the_others(
    runtime: Runtime, clock: HandClock, honest: EmbeddedAuthority
) -> None:
    hangs = threading.Event()

    def hang(_body: bytes) -> tuple[int, bytes]:
        hangs.wait()
        return 200, b""

    with (
        serve(lambda body: (200, honest.answer(body, now=clock()))) as good,
        serve(lambda body: (200, make_authority().answer(body, now=clock()))) as liar,
        serve(lambda body: (503, b"")) as ill,
        serve(lambda body: (200, bytes(10**6))) as flood,
        serve(hang) as hanging,
    ):
        addresses = {
            "good": good, "liar": liar, "ill": ill, "flood": flood, "hanging": hanging,
            "down": "http://127.0.0.1:1/", "nonsense": "http://127.0.0.1:99999/",
        }  # fmt: skip
        authorities = [
            Authority(
                name,
                False,
                anchors_of(honest),
                None,
                functools.partial(ask_over_http, address, timeout=0.3 if name == "hanging" else 30),
            )
            for name, address in addresses.items()
        ]
        append(runtime, clock)
        assert stamp_newest(runtime, authorities, clock=clock) == Stamped(stamped=1, waiting=6)
        hangs.set()
    with runtime.sessions() as session:
        found = {one.authority: one for one in session.scalars(select(LogTimeStamp))}
        assert {name for name, one in found.items() if one.state is StampState.STAMPED} == {"good"}
        faults = {name: one.last_fault.split(" ")[0] for name, one in found.items() if name != "good"}
    assert faults == {
        "liar": "token_signature_wrong",
        "ill": "authority_status",
        "flood": "authority_too_much",
        "hanging": "authority_unreachable",
        "down": "authority_unreachable",
        "nonsense": "authority_unreachable",
    }


def test_two_runs_at_once_ask_an_authority_only_once(
    runtime: Runtime, clock: HandClock, honest: EmbeddedAuthority
) -> None:
    both, asked = threading.Barrier(2), []

    def ask(request: bytes) -> bytes:
        asked.append(1)
        return honest.answer(request, now=clock())

    one = Authority("one", False, anchors_of(honest), None, ask)
    append(runtime, clock)

    def work() -> None:
        both.wait()
        stamp_newest(runtime, [one], clock=clock)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked) == 1
    assert [row[2] for row in rows(runtime)] == ["stamped"]


def test_a_run_that_was_killed_while_asking_is_made_up_for(
    runtime: Runtime, clock: HandClock, honest: EmbeddedAuthority
) -> None:
    def die(_request: bytes) -> bytes:
        raise KeyboardInterrupt

    append(runtime, clock)
    with pytest.raises(KeyboardInterrupt):
        stamp_newest(runtime, [Authority("one", False, anchors_of(honest), None, die)], clock=clock)
    clock.move(seconds=stamping.CLAIM.total_seconds())
    alive = Authority("one", False, anchors_of(honest), None, lambda asked: honest.answer(asked, now=clock()))
    assert stamp_newest(runtime, [alive], clock=clock) == Stamped(stamped=1)


def test_an_answer_that_comes_after_a_newer_checkpoint_is_kept(
    runtime: Runtime, clock: HandClock, honest: EmbeddedAuthority
) -> None:
    def ask(request: bytes) -> bytes:
        append(runtime, clock, "meanwhile")
        with transaction(runtime.sessions) as session:
            stamping.want_stamps(session, [one], now=clock())
        return honest.answer(request, now=clock())

    one = Authority("one", False, anchors_of(honest), None, ask)
    append(runtime, clock)
    stamp_newest(runtime, [one], clock=clock)
    assert [row[:3] for row in rows(runtime)] == [("one", 1, "stamped"), ("one", 2, "waiting")]


def ours(runtime: Runtime, clock: HandClock, before: Callable[[], object]) -> Authority:
    """The embedded authority, which does something before it answers."""

    def ask(request: bytes) -> bytes:
        before()
        return whole.ask(request)

    whole = stamping.authorities_of(runtime, clock=clock)[0]
    return replace(whole, ask=ask)


def test_while_a_job_stamps_an_older_checkpoint_a_newer_filing_is_covered_at_once(
    runtime: Runtime, clock: HandClock
) -> None:
    covered: list[bool] = []

    def file_another() -> None:
        index = append(runtime, clock, "meanwhile")
        stamping.cover(runtime, index, clock=clock)
        with runtime.sessions() as session:
            covered.append(bool(stamps_covering(session, index=index)))

    append(runtime, clock)
    stamp_newest(runtime, [ours(runtime, clock, file_another)], clock=clock)
    assert covered == [True]


def test_who_wants_a_certificate_waits_for_the_process_that_is_stamping(
    runtime: Runtime, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, waited_for = threading.Event(), threading.Event()
    monkeypatch.setattr(stamping.time, "sleep", lambda _seconds: waited_for.set() or job.join())

    def hold() -> None:
        asked.set()
        waited_for.wait(60)

    index = append(runtime, clock)
    job = threading.Thread(
        target=stamp_newest, args=(runtime, [ours(runtime, clock, hold)]), kwargs={"clock": clock}
    )
    job.start()
    assert asked.wait(60)
    stamping.cover(runtime, index, clock=clock)
    with runtime.sessions() as session:
        assert stamps_covering(session, index=index)


def test_a_stored_token_that_was_tampered_with_is_found(runtime: Runtime, clock: HandClock) -> None:
    append(runtime, clock)
    timestamps.run(runtime, clock=clock)
    with transaction(runtime.sessions) as session:
        (stamp,) = stamps_on(session, size=1)
        assert stamp.answer is not None
        stamp.answer = stamp.answer[:-1] + bytes([stamp.answer[-1] ^ 1])
    with runtime.sessions() as session, pytest.raises(ProofError):
        verify_stamp(session, stamps_on(session, size=1)[0])


def test_the_embedded_authority_can_be_switched_off(runtime: Runtime, clock: HandClock) -> None:
    from dataclasses import replace

    off = replace(runtime, config=replace(runtime.config, embedded_authority=False))
    append(off, clock)
    assert timestamps.run(off, clock=clock) == Stamped()
    assert not (runtime.config.var / "secrets" / "time-stamping-authority.pem").exists()


def test_authorities_are_read_from_the_settings_and_all_faults_told(
    tmp_path: Path, honest: EmbeddedAuthority
) -> None:
    (tmp_path / "good.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in honest.chain))
    (tmp_path / "rootless.pem").write_bytes(honest.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "empty.pem").write_bytes(b"")
    good = {"IPREG_TSA_A_ADDRESS": "https://tsa.example/", "IPREG_TSA_A_CERTIFICATES": str(tmp_path / "good.pem")}
    (found,) = Config.from_env({**good, "IPREG_TSA_A_POLICY": "1.2.3"}).authorities
    assert (found.name, found.address, found.policy) == ("a", "https://tsa.example", "1.2.3")
    assert found.anchors == Anchors((honest.ca,), (honest.certificate,))
    wrong = {
        "IPREG_TSA_A_ADDRESS": "ftp://tsa.example",
        "IPREG_TSA_A_CERTIFICATES": str(tmp_path / "rootless.pem"),
        "IPREG_TSA_B_ADDRESS": "https://tsa.example",
        "IPREG_TSA_B_CERTIFICATES": str(tmp_path / "nowhere.pem"),
        "IPREG_TSA_B_POLICY": "my policy",
        "IPREG_TSA_C_CERTIFICATES": str(tmp_path / "empty.pem"),
        "IPREG_TSA_D_ADDRESS": "https://tsa.example",
        "IPREG_TSA_E_ADRESS": "https://tsa.example",
        "IPREG_EMBEDDED_AUTHORITY": "perhaps",
    }
    with pytest.raises(ConfigError) as caught:
        Config.from_env(wrong)
    assert sorted(fault.split(":")[0] for fault in caught.value.faults) == [
        "IPREG_EMBEDDED_AUTHORITY",
        "IPREG_TSA_A_ADDRESS",
        "IPREG_TSA_A_CERTIFICATES",
        "IPREG_TSA_B_CERTIFICATES",
        "IPREG_TSA_B_POLICY",
        "IPREG_TSA_C_ADDRESS",
        "IPREG_TSA_C_CERTIFICATES",
        "IPREG_TSA_D_CERTIFICATES",
        "IPREG_TSA_E_ADRESS",
    ]
