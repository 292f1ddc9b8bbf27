"""Evidence: what is in the folder, what `verify` notices, and that sha256sum and openssl say the same."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.data import data_path
from conformance.ocppj import frames
from conformance.ocppj.trace import Trace
from conformance.report.evidence import SIGNATURE, SIGNER, SUMS, Evidence, EvidenceError, without_secrets
from conformance.report.record import CaseRecord, RunInfo, RunRecord
from conformance.report.redaction import Redactor
from conformance.report.trace_file import FORMAT, TraceFile

VIEWS = ("results.json", "report.html", "junit.xml", "not-written.txt")
STARTED = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with private keys `NAME.pem`, public keys `NAME.pub`, and files that are no such keys."""
    from cryptography.hazmat.primitives import serialization as to
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    folder = tmp_path_factory.mktemp("keys")
    made: dict[str, Any] = {
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "other": ed25519.Ed25519PrivateKey.generate(),
        "p256": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
        "rsa": rsa.generate_private_key(65537, 2048),
    }
    for name, key in made.items():
        private = key.private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.NoEncryption())
        public = key.public_key().public_bytes(to.Encoding.PEM, to.PublicFormat.SubjectPublicKeyInfo)
        (folder / f"{name}.pem").write_bytes(private)
        (folder / f"{name}.pub").write_bytes(public)
    locked = made["p256"].private_bytes(to.Encoding.PEM, to.PrivateFormat.PKCS8, to.BestAvailableEncryption(b"x"))
    (folder / "locked.pem").write_bytes(locked)
    (folder / "text.pem").write_text("no key")
    return folder


Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Makes evidence of a small run."""

    def made(key: Path | None = None, *, keep: bool = False) -> Path:
        redactor = Redactor(keep=keep)
        redactor.text("password=open-sesame")
        evidence = Evidence(tmp_path / "evidence", redactor, started=STARTED, version="1", key=key)
        reports = tmp_path / "reports"
        (reports / "uploads" / "TC_1").mkdir(parents=True)
        (reports / "uploads" / "TC_1" / "1-a.log").write_text("log")
        (reports / "fuzz").mkdir()
        (reports / "fuzz" / "x.json").write_text("{}")
        for name in VIEWS[:3]:
            (reports / name).write_text(name)
        (reports / "private.txt").write_text("the user's own")
        case = CaseRecord("TC_1", "t", "1.6", "CS", "Core", "PASS", node="n")
        case.uploads = ["uploads/TC_1/1-a.log"]
        case.campaign = {"saved": [str(reports / "fuzz" / "x.json"), str(reports / "fuzz" / "gone.json")]}
        trace = Trace()
        trace.add("frame", 1.0, sender="CS", frame=frames.call("m", "Authorize", {"idTag": "SECRET-TAG"}))
        evidence.trace.case(case, trace.entries, redactor.case("1.6", "CS"), 0.5)
        description = tmp_path / "my dut.toml"
        description.write_text(
            '[device]\npassword = "open-sesame"  # of the lab\n[tokens]\nvalid = { idToken = "7" }\n'
        )
        info = RunInfo("1", STARTED.isoformat(), secrets="kept" if keep else "redacted")
        evidence.finish(RunRecord(info, [case]), reports, VIEWS, [description, description])
        return evidence.folder

    return made


def verify(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, list[str]]:
    capsys.readouterr()
    code = main(["verify", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, (out + err).splitlines()


class TestFolder:
    def test_what_is_in_it(self, make: Make) -> None:
        folder = make()
        assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()) == [
            "README.txt",
            "SHA256SUMS",
            "descriptions/my_dut.toml",
            "findings/x.json",
            "junit.xml",
            "report.html",
            "results.json",
            "trace.jsonl",
            "uploads/TC_1/1-a.log",
        ]

    def test_no_secret_is_in_it(self, make: Make) -> None:
        folder = make()
        for path in folder.rglob("*.*"):
            assert "open-sesame" not in path.read_text() and "SECRET-TAG" not in path.read_text(), path
        told = (folder / "descriptions" / "my_dut.toml").read_text()
        assert 'password = "«password 1»"  # of the lab' in told and 'idToken = "«idToken ' in told
        assert "Placeholders" in (folder / "README.txt").read_text()

    def test_kept_secrets_are_said_to_be_there(self, make: Make) -> None:
        folder = make(keep=True)
        assert 'password = "open-sesame"' in (folder / "descriptions" / "my_dut.toml").read_text()
        assert "SECRET-TAG" in (folder / "trace.jsonl").read_text()
        assert "do not hand them on" in (folder / "README.txt").read_text()

    def test_a_description_that_hides_its_secrets_from_a_search(self) -> None:
        text = '[device]\npassword = "a\\u0062c-1"\n[operator.options]\napi_key = "k1"\nurl = "http://u:pw@host"\n'
        shown = without_secrets(text, Redactor())
        assert "k1" not in shown and ":pw@" not in shown

    def test_a_folder_that_is_not_empty(self, make: Make, tmp_path: Path) -> None:
        make()
        with pytest.raises(EvidenceError, match="the folder is not empty; name a new one for each run"):
            Evidence(tmp_path / "evidence", Redactor(), started=STARTED, version="1", key=None)

    def test_a_folder_that_cannot_be(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(EvidenceError, match=r"cannot be written \(.+\); name another folder"):
            Evidence(tmp_path / "file" / "x", Redactor(), started=STARTED, version="1", key=None)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("nothere.pem", "the key can't be read"),
            ("text.pem", "it holds no private key in PEM"),
            ("ed25519.pub", "it holds no private key in PEM"),
            ("locked.pem", "the key is encrypted"),
            ("rsa.pem", "the key is of another kind; give an Ed25519 or an ECDSA P-256 key"),
            ("p384.pem", "the key is of another kind"),
        ],
    )
    def test_keys_that_cannot_sign(self, tmp_path: Path, keys: Path, name: str, words: str) -> None:
        with pytest.raises(EvidenceError, match=f"--ocpp-evidence-key .*{name}: {words}"):
            Evidence(tmp_path / "e", Redactor(), started=STARTED, version="1", key=keys / name)
        assert not (tmp_path / "e").exists()


class TestVerify:
    def test_whole(self, make: Make, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make()
        code, lines = verify(capsys, folder)
        assert (code, lines) == (0, [f"{folder}: 8 files as they were written, not signed"])
        code, lines = verify(capsys, folder, "--key", keys / "ed25519.pub")
        assert code == 1 and lines[0] == f"signature: {SIGNATURE} is missing: nobody signed this, or it was taken away"

    @pytest.mark.parametrize("name", ["ed25519", "p256"])
    def test_signed(self, make: Make, keys: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make(keys / f"{name}.pem")
        code, lines = verify(capsys, folder)
        assert code == 0 and "give --key to be sure whose it is" in lines[0]
        for given in (f"{name}.pub", f"{name}.pem"):
            code, lines = verify(capsys, folder, "--key", keys / given)
            assert code == 0 and "that key came with" not in lines[0]
        code, lines = verify(capsys, folder, "--key", keys / "other.pub")
        assert code == 1 and lines[0].startswith("signature: bad")

    def test_every_kind_of_change(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make()
        (folder / "junit.xml").unlink()
        (folder / "report.html").write_text("nicer")
        (folder / "uploads" / "TC_1" / "b\n.log").write_text("")
        (folder / "trace.jsonl").rename(folder / "moved")
        (folder / "trace.jsonl").symlink_to(folder / "moved")
        (folder / "empty").mkdir()
        code, lines = verify(capsys, folder)
        assert code == 1
        assert sorted(lines) == sorted(
            [
                "missing: junit.xml",
                "extra: moved",
                "changed: report.html",
                "changed: trace.jsonl is a link",
                "extra: uploads/TC_1/b\\n.log",
                f"{folder}: not as it was written",
            ]
        )

    def test_sums_that_were_mended_need_the_key_again(
        self, make: Make, keys: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        folder = make(keys / "ed25519.pem")
        sums = (folder / SUMS).read_text()
        (folder / SUMS).write_text(sums.replace("report.html", "report.htm"))
        (folder / "report.html").rename(folder / "report.htm")
        code, lines = verify(capsys, folder)
        assert code == 1 and lines[0] == f"signature: bad; {SUMS} was changed, or the signature is not that of {SIGNER}"

    def test_a_signature_that_was_taken_away(self, make: Make, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make(keys / "p256.pem")
        (folder / SIGNATURE).unlink()
        code, lines = verify(capsys, folder)
        assert code == 1 and lines[0] == f"signature: {SIGNATURE} is missing, but a signer is named in {SIGNER}"

    def test_no_signature_at_all(self, make: Make, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make(keys / "p256.pem")
        (folder / SIGNATURE).write_bytes(b"")
        assert verify(capsys, folder)[0] == 1
        (folder / SIGNER).write_text("x")
        assert any("it holds no public key in PEM" in line for line in verify(capsys, folder)[1])

    def test_sums_that_are_none(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make()
        with (folder / SUMS).open("a") as file:
            file.write(f"{'0' * 64}  ../../etc/passwd\n{'0' * 64}  /etc/passwd\nhello\n")
        code, lines = verify(capsys, folder)
        assert code == 1 and sum("is no sum of a file in this folder" in line for line in lines) == 3

    def test_a_run_that_never_ended(self, make: Make, capsys: pytest.CaptureFixture[str]) -> None:
        folder = make()
        (folder / SUMS).unlink()
        code, lines = verify(capsys, folder)
        assert code == 1 and lines[0].startswith(f"missing: {SUMS}; the folder is no evidence, or its run never came")

    def test_wrong_requests(self, tmp_path: Path, keys: Path, capsys: pytest.CaptureFixture[str]) -> None:
        code, lines = verify(capsys, tmp_path / "nothere")
        assert code == 2 and lines == [
            f"ocpp-conformance: verify: {tmp_path / 'nothere'} is no folder; name what --ocpp-evidence wrote"
        ]
        code, lines = verify(capsys, tmp_path, "--key", keys / "text.pem")
        assert code == 2 and len(lines) == 1 and "it holds no public key in PEM" in lines[0]

    @pytest.mark.skipif(not shutil.which("sha256sum"), reason="no sha256sum on this machine")
    def test_sha256sum_reads_the_sums(self, make: Make) -> None:
        folder = make()
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", SUMS], cwd=folder, check=True)

    @pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl on this machine")
    @pytest.mark.parametrize("name", ["ed25519", "p256"])
    def test_openssl_checks_the_signature_as_the_readme_says(self, make: Make, keys: Path, name: str) -> None:
        folder = make(keys / f"{name}.pem")
        (line,) = (one for one in (folder / "README.txt").read_text().splitlines() if "openssl" in one)
        command = line.split()
        command[command.index("PUBLIC.pem")] = str(keys / f"{name}.pub")
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if "rawin" in done.stderr:
            pytest.skip("this openssl is older than 3")
        assert done.returncode == 0, done.stderr
        (folder / SUMS).write_text("changed")
        assert subprocess.run(command, cwd=folder, capture_output=True).returncode != 0


class TestTraceFile:
    def lines(self, tmp_path: Path) -> list[dict[str, Any]]:
        trace = Trace()
        trace.add("open", 0.5, sender="CS", connection=1, data={"identity": "CS001"})
        trace.add("step", 0.6, data={"number": 1, "text": "Present token 'AB12'", "expect": ""})
        request = frames.call("m", "DataTransfer", {"vendorId": "x" * 9000, "data": '{"idTag": "AB12"}'})
        trace.add("frame", 0.7, sender="CS", connection=1, frame=request)
        answer = frames.result("m", {"status": "Accepted"})
        answer.action = "DataTransfer"
        trace.add("frame", 0.8, sender="CSMS", connection=1, frame=answer, answers=2)
        trace.add("transfer", 0.9, sender="CS", data={"path": "/log", "content": b"abc"})
        path = tmp_path / "trace.jsonl"
        file = TraceFile(path, started=STARTED, tool_version="1", secrets="redacted")
        record = CaseRecord("TC_1", "t", "1.6", "CS", "Core", "PASS", node="n")
        secrets = Redactor().case("1.6", "CS")
        secrets.learn(trace.entries)
        for _ in range(2):
            file.case(record, trace.entries, secrets, 10.0)
        file.close()
        file.case(record, trace.entries, secrets, 10.0)
        return [json.loads(line) for line in path.read_text("ascii").splitlines()]

    def test_lines(self, tmp_path: Path) -> None:
        head, case, opened, step, call, result, transfer, *again = self.lines(tmp_path)
        assert head == {
            "format": FORMAT,
            "tool": "ocpp-conformance 1",
            "started": "2026-03-02T09:00:00+00:00",
            "secrets": "redacted",
        }
        assert (case["case"], case["kind"], case["id"], case["entries"]) == (1, "case", "TC_1", 5)
        assert opened == {
            "case": 1,
            "index": 0,
            "at": 10.5,
            "time": "2026-03-02T09:00:10.500+00:00",
            "kind": "open",
            "sender": "CS",
            "connection": 1,
            "data": {"identity": "CS001"},
        }
        assert step["data"]["text"] == "Present token '«idToken 1»'"
        assert len(call["text"]) > 9000 and "AB12" not in call["text"] and call["type"] == 2
        assert (result["answers"], result["action"], result["id"]) == (2, "DataTransfer", "m")
        assert transfer["data"]["content"]["bytes"] == 3 and len(transfer["data"]["content"]["sha256"]) == 64
        assert [one["case"] for one in again] == [2] * 6

    def test_the_document_names_every_member(self, tmp_path: Path) -> None:
        text = data_path("docs", "evidence.md").read_text("utf-8")
        for line in self.lines(tmp_path):
            for name in line:
                assert f"`{name}`" in text, name
