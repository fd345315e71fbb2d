"""The bundle's verifier: what holds is accepted, and whatever is changed is refused by its name."""

from __future__ import annotations

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from databases import Databases
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from papers import Files, code_of, file_some, make_bundle, open_prepared, refusal, resealed
from scenery import HandClock

from ipreg import bundle, log, verifier
from ipreg.authority import open_authority
from ipreg.runtime import Runtime
from ipreg.timestamps import make_request
from ipreg.tlog import merkle
from ipreg.tlog.note import Signer, TreeHead
from ipreg.verifier import Key, Refused, canonical_zip, read_zip, verify_files, verify_stamp

STRANGER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, databases: Databases, seal_file: Path
) -> Iterator[tuple[bytes, Signer]]:
    """One bundle for all tests of this module, with the key of its log."""
    var = tmp_path_factory.mktemp("bundle")
    opened = open_prepared(var, databases, seal_file)
    yield make_bundle(opened, HandClock()), opened.log_key
    opened.sessions.kw["bind"].dispose()


@pytest.fixture
def whole(made: tuple[bytes, Signer]) -> bytes:
    return made[0]


@pytest.fixture
def files(whole: bytes) -> Files:
    return read_zip(whole)


@pytest.fixture
def signer(made: tuple[bytes, Signer]) -> Signer:
    return made[1]


@pytest.fixture
def keys(signer: Signer) -> list[Key]:
    return [Key.parse(str(signer.verifier))]


def zipped(files: Files) -> bytes:
    return b"".join(canonical_zip(list(files.items())))


def test_a_bundle_holds_and_says_what_it_proves(
    files: Files, keys: list[Key], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = verify_files(files, keys=keys, ordered=True)
    assert (report.index, report.size, report.title) == (2, 5, "云纹外套 2")
    assert [stamp.authority for stamp in report.stamps] == ["Embedded time-stamping authority (not independent)"]
    assert len(report.warnings) == 2, "the root is the bundle's own, and the authority not independent"
    (tmp_path / "a.zip").write_bytes(zipped(files))
    assert verifier.main([str(tmp_path / "a.zip")]) == 0
    told = capsys.readouterr().out
    assert "核验通过" in told and "VERIFIED" in told and "came from the bundle itself" in told


def test_an_unpacked_bundle_is_checked_as_well(files: Files, keys: list[Key], tmp_path: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        archive.extractall(tmp_path := tmp_path / "unpacked")
    assert verifier.verify_bundle(tmp_path, keys=keys).index == 2
    (tmp_path / "more.txt").write_text("x")
    assert refusal(lambda: verifier.verify_bundle(tmp_path, keys=keys)) == "file_extra"
    (tmp_path / "more.txt").unlink()
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert refusal(lambda: verifier.verify_bundle(tmp_path, keys=keys)) == "name_unsafe"


def test_no_flipped_byte_of_the_archive_goes_unnoticed(whole: bytes) -> None:
    """Bytes of headers, directory and short members, and some of the long ones; no key but the bundle's own."""
    names = {name: whole.index(data) for name, data in read_zip(whole).items() if len(data) > 5000}
    long = {at for name, at in names.items() for at in range(at, at + len(read_zip(whole)[name]))}
    spots = [at for at in range(len(whole)) if at not in long]
    spots += random.Random(7).sample(sorted(long), 300)
    for at in random.Random(8).sample(spots, min(len(spots), 1500)):
        changed = bytearray(whole)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Refused):
            verify_files(read_zip(bytes(changed)), ordered=True)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_no_changed_member_goes_unnoticed(files: Files, keys: list[Key], data: st.DataObject) -> None:
    """Also in an archive that is made anew, so that only the members differ."""
    name = data.draw(st.sampled_from(sorted(files)))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    changed = bytearray(files[name])
    changed[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Refused):
        verify_files({**files, name: bytes(changed)}, keys=keys)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_bring_the_reader_down(data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18)):
        with pytest.raises(Refused):
            verify_files(read_zip(start + data))


def test_a_file_that_is_gone_more_renamed_or_changed_is_named(files: Files, keys: list[Key]) -> None:
    front = "originals/01-front.jpg"
    gone = {name: data for name, data in files.items() if name != front}
    renamed = {**gone, "originals/09-front.jpg": files[front]}
    with pytest.raises(Refused, match=r"originals/01-front.jpg.*is missing"):
        verify_files(gone, keys=keys)
    with pytest.raises(Refused, match=r"was renamed to “originals/09-front.jpg”"):
        verify_files(renamed, keys=keys)
    with pytest.raises(Refused, match=r"“note.txt” is an extra file"):
        verify_files({**files, "note.txt": b"x"}, keys=keys)
    with pytest.raises(Refused, match=r"“certificate.pdf” was changed"):
        verify_files({**files, "certificate.pdf": b"%PDF"}, keys=keys)
    for needed in (verifier.SUMS, verifier.CONTENTS):
        assert code_of({name: data for name, data in files.items() if name != needed}) == "file_missing"


@pytest.mark.parametrize(
    ("name", "code"),
    [("../evil", "name_unsafe"), ("/etc/x", "name_unsafe"), ("a\\b", "name_unsafe"), ("a/b/c", "name_unsafe"),
     (".hidden", "name_unsafe"), ("a//b", "name_unsafe"), ("SHA256SUMS", "name_twice")],
)  # fmt: skip
def test_unsafe_and_double_names_are_refused(files: Files, name: str, code: str) -> None:
    data = b"".join(canonical_zip([*files.items(), (name, b"x")]))
    assert refusal(lambda: read_zip(data)) == code


def test_archives_of_another_form_are_refused(files: Files, whole: bytes) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("SHA256SUMS", bytes(50_000_000))  # a bomb: 50 MB in a few kilobytes
    for data in (packed.getvalue(), whole + b"x", b"x" + whole, whole[:-1], whole[: len(whole) // 2], b""):
        assert refusal(lambda data=data: verify_files(read_zip(data))) in ("zip_malformed", "file_missing")  # type: ignore[misc]
    many = [(f"f{number}", b"") for number in range(verifier.MAX_MEMBERS + 1)]
    assert refusal(lambda: read_zip(b"".join(canonical_zip(many)))) == "too_many"
    turned = dict(reversed(files.items()))
    assert refusal(lambda: verify_files(turned, ordered=True)) == "sums_unsorted"


def test_a_bundle_of_another_log_is_refused_where_the_key_is_known(files: Files, keys: list[Key]) -> None:
    stranger = Signer("127.0.0.1/log", STRANGER)
    forged = resealed({**files, verifier.LOG_KEYS: f"{stranger.verifier}\n".encode()}, stranger)
    assert code_of(forged, keys=keys) == "note_not_signed"
    assert code_of(forged) == "note_not_signed", "its checkpoint is not the stranger's either"


Change = Callable[[Files, Signer], Files]


def with_manifest(**changes: object) -> Change:
    def change(files: Files, _signer: Signer) -> Files:
        stated = {**json.loads(files[verifier.MANIFEST]), **changes}
        text = json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return {**files, verifier.MANIFEST: text.encode()}

    return change


def replaced(name: str, made: Callable[[bytes], bytes]) -> Change:
    return lambda files, _signer: {**files, name: made(files[name])}


def dropped(name: str) -> Change:
    return lambda files, _signer: {key: data for key, data in files.items() if key != name}


def other_tree(files: Files, signer: Signer) -> Files:
    """The log's key under a tree of five other leaves: checkpoint and proof fit, but not this leaf."""
    note = signer.sign(TreeHead(signer.name, 5, merkle.hash_leaf(b"another")).to_text())
    head = files[verifier.PROOF].decode().partition("\n\n")[0]
    return {**files, verifier.CHECKPOINT: note.encode(), verifier.PROOF: f"{head}\n\n{note}".encode()}


def stale(files: Files, signer: Signer) -> Files:
    note = signer.sign(TreeHead(signer.name, 2, bytes(32)).to_text())
    head = files[verifier.PROOF].decode().partition("\n\n")[0]
    return {**files, verifier.CHECKPOINT: note.encode(), verifier.PROOF: f"{head}\n\n{note}".encode()}


def other_checkpoint(files: Files, signer: Signer) -> Files:
    note = signer.sign(TreeHead(signer.name, 9, bytes(32)).to_text())
    return {**files, verifier.CHECKPOINT: note.encode()}


def token_elsewhere(files: Files, signer: Signer) -> Files:
    """The token moved to the checkpoint of another tree that the log signed as well."""
    stem = "stamps/01-embedded"
    changed = other_tree(files, signer)
    return {
        **files,
        f"{stem}.checkpoint": changed[verifier.CHECKPOINT],
        f"{stem}.tlog-proof": changed[verifier.PROOF],
    }


FAULTS: list[tuple[str, Change]] = [
    ("commitment_wrong", with_manifest(title="别的名称")),
    ("commitment_wrong", replaced(verifier.SALT, lambda _: bytes(32))),
    ("contents_other_filing", with_manifest(number="YB2026-0000099-X")),
    ("manifest_malformed", replaced(verifier.MANIFEST, lambda data: data.replace(b'":', b'": ', 1))),
    ("manifest_malformed", with_manifest(format="other/1")),
    ("manifest_malformed", with_manifest(files=[])),
    ("leaf_malformed", replaced(verifier.LEAF, lambda data: data + b"\n")),
    ("leaf_not_a_filing", replaced(verifier.LEAF, lambda data: data.replace(b'"filing"', b'"case"'))),
    ("original_changed", replaced("originals/02-back.png", lambda data: data[:-1] + b"x")),
    ("original_missing", dropped("originals/02-back.png")),
    ("original_extra", lambda files, _: {**files, "originals/03-left.jpg": b"x"}),
    ("applicant_wrong", replaced(verifier.APPLICANT, lambda data: data.replace(b"designer", b"stranger"))),
    ("proof_wrong", replaced(verifier.PROOF, lambda data: data.replace(b"index 2", b"index 3"))),
    ("proof_wrong", other_tree),
    ("proof_stale", stale),
    ("proof_other_checkpoint", other_checkpoint),
    ("proof_malformed", replaced(verifier.PROOF, lambda data: data.replace(b"tlog-proof@v1", b"tlog-proof@v2"))),
    (
        "note_not_signed",
        replaced(verifier.CHECKPOINT, lambda data: data.replace("— 127".encode(), "— 128".encode())),
    ),
    ("note_malformed", replaced(verifier.CHECKPOINT, lambda data: data[:-1])),
    ("file_missing", dropped(verifier.SALT)),
    ("file_missing", dropped("stamps/01-embedded.checkpoint")),
    ("file_missing", dropped("stamps/01-embedded.root.pem")),
    ("proof_wrong", token_elsewhere),
    ("stamp_malformed", replaced("stamps/01-embedded.tsr", lambda data: data[:-1])),
    ("stamp_malformed", replaced("stamps/01-embedded.tsr", lambda data: data + b"\0")),
    ("pem_malformed", replaced("stamps/01-embedded.root.pem", lambda _: b"nothing")),
]


@pytest.mark.parametrize(("code", "change"), FAULTS)
def test_even_the_registry_can_sign_no_bundle_that_does_not_hold(
    files: Files, keys: list[Key], signer: Signer, code: str, change: Change
) -> None:
    """The list is signed again with the log's own key, so that each check stands alone."""
    number = files[verifier.CONTENTS].decode().split("\n")[1]
    assert code_of(resealed(change(files, signer), signer, number), keys=keys) == code


def test_the_same_tree_and_a_later_one_both_hold(runtime: Runtime, clock: HandClock) -> None:
    """The time stamp's checkpoint stays the first; the newest is proved beside it."""
    keys = [Key.parse(str(runtime.log_key.verifier))]
    filing_id, _ = file_some(runtime, clock)
    bundle.build(runtime, filing_id, with_applicant=False, clock=clock)
    clock.move(days=1)
    with runtime.sessions.begin() as session:
        log.append_entry(session, kind="case", subject="x", statement={"a": 1}, now=clock())
    with runtime.sessions.begin() as session:
        log.sign_checkpoint(session, signer=runtime.log_key, now=clock())
    later = read_zip(bundle.build(runtime, filing_id, with_applicant=False, clock=clock))
    report = verify_files(later, keys=keys)
    assert (report.size, b"\n5\n" in later["stamps/01-embedded.checkpoint"]) == (6, True)
    assert verifier.APPLICANT not in later and "designer" not in later["index.html"].decode()


def test_roots_of_ours_are_not_enough_for_who_trusts_others(
    files: Files, keys: list[Key], tmp_path: Path, clock: HandClock
) -> None:
    ours = open_authority(tmp_path, owner="somebody else", now=clock())
    assert code_of(files, keys=keys, roots=[ours.ca]) == "stamp_untrusted"


def test_a_filing_later_than_its_time_stamp_is_refused(
    files: Files, keys: list[Key], signer: Signer, clock: HandClock, tmp_path: Path
) -> None:
    early = clock() - timedelta(hours=20)
    ours = open_authority(tmp_path, owner="early", now=early)
    stem = "stamps/01-embedded"
    answer = ours.answer(make_request(files[f"{stem}.checkpoint"]).der, now=early)
    forged = {**files, f"{stem}.tsr": answer, f"{stem}.root.pem": bundle.to_pem([ours.ca])}
    assert code_of(resealed(forged, signer), keys=keys) == "stamp_before_filing"


def test_no_flipped_byte_of_a_token_makes_another_time(files: Files) -> None:
    """What no signature covers may change (the order of certificates, say); time, imprint and signer may not."""
    stem = "stamps/01-embedded"
    roots = x509.load_pem_x509_certificates(files[f"{stem}.root.pem"])
    good = verify_stamp(files[f"{stem}.tsr"], files[f"{stem}.checkpoint"], roots=roots)
    for at in range(len(files[f"{stem}.tsr"])):
        changed = bytearray(files[f"{stem}.tsr"])
        changed[at] ^= 1
        try:
            found = verify_stamp(bytes(changed), files[f"{stem}.checkpoint"], roots=roots)
        except Refused:
            continue
        assert found == good


@given(st.integers(1, 300), st.data())
def test_its_way_up_the_tree_is_that_of_the_log(size: int, data: st.DataObject) -> None:
    """The verifier's own hashing against the log's, and the sides that VERIFY.md tells."""
    index = data.draw(st.integers(0, size - 1))
    leaves = [merkle.hash_leaf(bytes([number % 256, number // 256])) for number in range(size)]

    def read(level: int, position: int) -> bytes:
        if level == 0:
            return leaves[position]
        return merkle.hash_children(read(level - 1, position * 2), read(level - 1, position * 2 + 1))

    path = merkle.inclusion_path(index, size, read)
    root = merkle.root_hash(size, read)
    assert verifier.root_of(leaves[index], index, size, path) == root
    node = leaves[index]
    for side, sibling in zip(bundle.sides(index, size, len(path)), path, strict=True):
        node = merkle.hash_children(sibling, node) if side.left else merkle.hash_children(node, sibling)
    assert node == root


def test_witnesses_are_checked_too(files: Files, keys: list[Key], signer: Signer) -> None:
    public = STRANGER.public_key().public_bytes_raw()
    witness = Key("witness.example/w", 4, public)
    text = files[verifier.CHECKPOINT].decode().rpartition("\n\n")[0] + "\n"
    seconds = (1_772_442_000).to_bytes(8, "big")
    signed = STRANGER.sign(f"cosignature/v1\ntime {int.from_bytes(seconds, 'big')}\n{text}".encode())
    line = base64.b64encode(witness.key_id + seconds + signed).decode()
    cosigned = files[verifier.PROOF] + f"— {witness.name} {line}\n".encode()
    vkey = f"{witness.name}+{witness.key_id.hex()}+{base64.b64encode(bytes([4]) + public).decode()}\n"
    good = {**files, verifier.PROOF: cosigned, verifier.WITNESS_KEYS: vkey.encode()}
    assert verify_files(resealed(good, signer), keys=keys).witnesses == [
        "witness.example/w 2026-03-02 09:00:00 UTC"
    ]
    unknown = {**files, verifier.PROOF: cosigned}
    assert code_of(resealed(unknown, signer), keys=keys) == "witness_unknown"
    moved = signed[:-1] + bytes([signed[-1] ^ 1])
    wrong = base64.b64encode(witness.key_id + seconds + moved).decode().encode()
    bad = {**good, verifier.PROOF: cosigned.replace(line.encode(), wrong)}
    assert code_of(resealed(bad, signer), keys=keys) == "note_signature_wrong"


def test_what_a_bundle_says_can_steer_no_terminal() -> None:
    fault = Refused("file_extra", name="a\x1b[31m\u202eb")
    assert "\x1b" not in fault.words("zh") and "\u202e" not in fault.words("en")


def test_the_command_tells_the_fault_in_both_languages(
    files: Files, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "b.zip"
    place.write_bytes(zipped({**files, "index.html": b"<p>mine</p>\n"}))
    assert verifier.main([str(place)]) == 1
    told = capsys.readouterr().out
    assert "不通过：文件“index.html”被改动" in told and "REFUSED: The file “index.html” was changed" in told
    assert verifier.main([str(tmp_path / "none.zip")]) == 1
    assert verifier.main([str(place), "--key", "nonsense"]) == 1
