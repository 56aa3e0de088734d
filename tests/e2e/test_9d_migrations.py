"""Migrations as a step of a deploy: before the service, or not at all and the service untouched."""

import json
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.ledger import DEPLOY, LEDGER, SECRET, Ledger
from tests.e2e.probe import until
from tests.e2e.project import Project, Ran
from tests.e2e.traffic import Traffic

MIGRATE = r'migrate = \["python3"'
TIMEOUT = "migrate_timeout = 120"
SLOW = "import time\n    print('waiting', flush=True)\n    time.sleep(300)"
# Goes on when it is told to, by a signal.
TOLD = """import signal
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    print('waiting', flush=True)
    signal.sigwait([signal.SIGUSR1])"""


@pytest.fixture(scope="module")
def ledger(project: Project) -> Iterator[Ledger]:
    """The service's infrastructure, where no release of it ran yet."""
    before = (project.root / "deploy.toml").read_text()
    (project.root / "deploy.toml").write_text(project.base + LEDGER)
    project.client("secretsmanager").create_secret(Name=SECRET, SecretString="one")
    ran = project.invoke("infra.apply")
    assert ran.code == 0, ran.out
    yield Ledger(project)
    (project.root / "deploy.toml").write_text(before)
    project.client("secretsmanager").delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)


def untouched(ledger: Ledger, *arguments: str, code: int = 1) -> Ran:
    """Deploy, which must fail, under traffic: the service is what it was, and no task is left."""
    before = ledger.serves()
    with Traffic(f"{ledger.project.url}/ledger/", rate=20) as traffic:
        ran = ledger.deploy(*arguments)
    assert ran.code == code, ran.out
    assert ledger.serves() == before
    assert not traffic.failures, f"{len(traffic.failures)} requests, {traffic.failures[:3]}"
    assert not ledger.left
    return ran


def test_a_first_deploy_migrates_before_the_first_release(ledger: Ledger) -> None:
    assert ledger.plan().startswith("~ 2 revisions: 0001 accounts, 0002 entries")
    assert ledger.tasks() == []  # a plan runs nothing
    before = ledger.revisions()
    ran = ledger.deploy("--json")
    assert ran.code == 0, ran.out
    assert ledger.revisions() == before + 1  # the migration's is the rollout's
    told = [(each["event"], each.get("phase")) for each in ran.events]
    assert told.index(("phase_ended", "migrate ledger")) < told.index(
        ("phase_started", "rollout ledger")
    )
    lines = [each["line"] for each in ran.events if each["event"] == "phase_output"]
    assert "Running upgrade 0001 -> 0002, entries" in lines
    assert "ledger migrated to 0002" in ran.events[-1]["summary"]


def test_nothing_pending_runs_no_task(ledger: Ledger) -> None:
    assert ledger.plan() == "= nothing pending (at 0002)"
    before = len(ledger.tasks())
    assert "nothing to do" in ledger.deploy().out
    ledger.configure('NUMBER = "1"', 'NUMBER = "2"')
    ran = ledger.deploy()
    assert ran.code == 0, ran.out
    assert "✓ rollout ledger" in ran.out
    assert len(ledger.tasks()) == before


def test_a_migration_that_raises_leaves_the_service_and_the_next_deploy_works(
    ledger: Ledger,
) -> None:
    ledger.write("0003", "0002", 'raise RuntimeError("the table is in use")')
    ran = untouched(ledger)
    failure = ran.out.partition("✗ ledger: the migration did not succeed")[2]
    assert "Traceback (most recent call last)" in failure
    assert "RuntimeError: the table is in use" in failure
    assert "exited with code 1" in failure
    assert "rollout ledger" not in ran.out
    assert "failed" in ledger.project.invoke("releases").out.splitlines()[1]
    ledger.write("0003", "0002")
    ran = ledger.deploy()
    assert ran.code == 0, ran.out
    assert "0003" in ledger.project.get(f"{ledger.project.url}/ledger/")


def test_a_migration_that_hangs_is_stopped_when_its_time_is_up(ledger: Ledger) -> None:
    ledger.write("0004", "0003", SLOW)
    ledger.configure(TIMEOUT, "migrate_timeout = 4")
    ran = untouched(ledger)
    assert "not done within 4 s: the task was stopped" in ran.out
    assert "waiting" in ran.out
    ledger.configure("migrate_timeout = 4", TIMEOUT)


def test_a_migration_that_does_not_start_says_why(ledger: Ledger) -> None:
    ledger.write("0004", "0003")
    ledger.configure(MIGRATE, 'migrate = ["no-such-command"')
    ran = untouched(ledger)
    assert "no-such-command" in ran.out.partition("✗ ledger")[2]
    ledger.configure(r'migrate = \["no-such-command"', 'migrate = ["python3"')
    assert ledger.deploy().code == 0


def interrupted(ledger: Ledger, sent: signal.Signals) -> tuple[int, str]:
    """Send a signal to a deploy once its migration writes; return exit code and output."""
    with ledger.project.start(*DEPLOY) as process:
        out = until(process.stdout, "│ waiting")
        process.send_signal(sent)
        out += process.communicate(timeout=200)[0]
    print(out)
    return process.returncode, out


def test_ctrl_c_stops_the_migration(ledger: Ledger) -> None:
    ledger.write("0005", "0004", SLOW)
    before = ledger.serves()
    code, out = interrupted(ledger, signal.SIGINT)
    assert code == 130, out
    assert "Traceback" not in out.partition("interrupted")[2]
    assert not ledger.left
    assert ledger.serves() == before
    assert "is free" in ledger.project.invoke("lock.status").out


def test_killed_amid_a_migration_the_next_run_waits_for_it_and_goes_on(ledger: Ledger) -> None:
    ledger.write("0005", "0004", TOLD)
    before, revisions = ledger.serves(), ledger.revisions()
    interrupted(ledger, signal.SIGKILL)
    assert len(ledger.left) == 1
    assert ledger.serves() == before
    assert ledger.project.invoke("lock.release", "--force").code == 0
    with ledger.project.start(*DEPLOY) as process:
        out = until(process.stdout, "a migration of a run that was cut off goes on")
        for _ in ("that migration", "this run's own"):
            out += until(process.stdout, "│ waiting")
            ledger.tell()
        out += process.communicate(timeout=200)[0]
    assert process.returncode == 0, out
    assert "was cut off in migrate ledger" in out
    assert not ledger.left
    assert ledger.revisions() == revisions + 1  # what the killed run registered is taken
    assert ledger.plan() == "= nothing pending (at 0005)"
    ledger.write("0005", "0004")


def test_another_database_is_migrated_though_nothing_is_new(ledger: Ledger) -> None:
    secrets = ledger.project.client("secretsmanager")
    secrets.put_secret_value(SecretId=SECRET, SecretString="two")
    assert "the database or its secret is another one" in ledger.plan()
    before = len(ledger.tasks())
    assert ledger.deploy().code == 0
    assert len(ledger.tasks()) == before + 1


def test_two_heads_are_refused_before_the_build(ledger: Ledger) -> None:
    ledger.write("0006", "0004")
    before = ledger.project.written()
    ran = ledger.deploy()
    assert ran.code == 2, ran.out
    assert "there are 2 heads: 0005 change 0005, 0006 change 0006" in ran.out
    assert "alembic merge heads" in ran.out
    assert "build ledger" not in ran.out
    assert ledger.project.written() == before
    (ledger.versions / "0006_change.py").unlink()


def test_by_hand_back_and_forth(ledger: Ledger) -> None:
    before = ledger.serves()
    ran = ledger.project.invoke("migrate", "--service", "ledger", "--to", "0099")
    assert ran.code == 2, ran.out
    assert "0001 accounts" in ran.out
    ran = ledger.project.invoke("migrate", "--service", "ledger", "--down", "--to", "0003")
    assert ran.code == 0, ran.out
    assert "Running downgrade to 0003" in ran.out
    assert "may delete what was stored" in ran.out
    assert ledger.plan() == "~ 2 revisions: 0004 change 0004, 0005 change 0005"
    ran = ledger.project.invoke("migrate", "--service", "ledger", "--plan")
    assert "migrate.py upgrade head, on shipway-demo-local-ledger:" in ran.out
    ran = ledger.project.invoke("migrate", "--service", "ledger", "--to", "0004")
    assert ran.code == 0, ran.out
    assert ledger.plan() == "~ 1 revision: 0005 change 0005"
    ran = ledger.project.invoke("migrate", "--service", "ledger")
    assert ran.code == 0, ran.out
    assert ledger.plan() == "= nothing pending (at 0005)"
    assert ledger.serves() == before
    newest = json.loads(ledger.project.invoke("releases", "--json").out)["releases"][0]
    assert (newest["kind"], newest["outcome"]) == ("migrate", "succeeded")


def test_only_the_database_is_changed_where_only_that_is_behind(ledger: Ledger) -> None:
    assert ledger.project.invoke("migrate", "--service", "ledger", "--down").code == 0
    before = ledger.serves()
    ran = ledger.deploy()
    assert ran.code == 0, ran.out
    assert re.search(r"^succeeded: ledger migrated to 0005", ran.out, re.MULTILINE)
    assert ledger.serves() == before


def test_a_saved_plan_holds_the_migration_too(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.project.invoke("migrate", "--service", "ledger", "--down").code == 0
    file = tmp_path / "plan.json"
    ran = ledger.project.invoke("plan", "--only", "ledger", "--save", str(file))
    assert "1 database to migrate" in ran.out
    assert ledger.project.invoke("migrate", "--service", "ledger").code == 0
    ran = ledger.project.invoke("deploy", "--plan-file", str(file))
    assert ran.code == 3, ran.out
    assert "the revisions to migrate are other ones now (none), and were 0005" in ran.out
    assert ledger.project.invoke("migrate", "--service", "ledger", "--down").code == 0
    ran = ledger.project.invoke("deploy", "--plan-file", str(file))
    assert ran.code == 0, ran.out
    assert "✓ migrate ledger" in ran.out
