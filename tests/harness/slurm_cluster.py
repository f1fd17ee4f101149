"""A Slurm cluster of one machine for tests: own ports, key, state and logs in a scratch folder."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

_DAEMONS = ("munged", "slurmctld", "slurmd")
_START_SECONDS = 20

_CONFIGURATION = """
ClusterName=e2lm
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
SchedulerParameters=batch_sched_delay=0,sched_min_interval=100000,sched_interval=1,bf_interval=1
ReturnToService=2
JobRequeue=1
KillWait=5
MinJobAge=300
NodeName=localhost NodeHostname=localhost NodeAddr=127.0.0.1 CPUs=8 State=UNKNOWN
PartitionName=here Nodes=ALL Default=YES State=UP
"""


def why_not() -> str:
    """Why no cluster can be started here; empty if one can."""
    if os.geteuid() != 0:
        return "Slurm's daemons need root"
    if not os.path.ismount("/sys/fs/cgroup"):  # a bare chroot
        return "slurmd needs control groups, and none are mounted at /sys/fs/cgroup"
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    missing = [name for name in (*_DAEMONS, "sbatch") if not shutil.which(name, path=path)]
    return f"{', '.join(missing)} not installed (Debian: slurm-wlm, munge)" if missing else ""


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """Start it by `with`; `environment` is what programs need to find it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = {**os.environ, "SLURM_CONF": str(folder / "slurm.conf"),
                            "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
        self._daemons: list[subprocess.Popen] = []

    def __enter__(self):
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in reversed(self._daemons):
            try:
                daemon.wait(timeout=10)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()

    def run(self, *words: object) -> str:
        run = subprocess.run([*map(str, words)], env=self.environment, capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{words}: {run.stderr}{self._logs()}")
        return run.stdout

    def _start_all(self):
        (self.folder / "state").mkdir(parents=True)
        (self.folder / "spool").mkdir()
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        controller_port, node_port = _free_ports(2)
        (self.folder / "slurm.conf").write_text(_CONFIGURATION.format(
            folder=self.folder, host=socket.gethostname().split(".")[0],
            controller_port=controller_port, node_port=node_port))
        self._start("munged", "--foreground", "--force", f"--key-file={key}",
                    f"--socket={self.folder}/munge.socket", f"--pid-file={self.folder}/munge.pid",
                    f"--seed-file={self.folder}/munge.seed", "--num-threads=2")
        self._wait("munged", lambda: (self.folder / "munge.socket").exists())
        self._start("slurmctld", "-D", "-c")
        self._start("slurmd", "-D", "-N", "localhost")
        self._wait("the node", lambda: "idle" in self._node_state())

    def _node_state(self) -> str:
        run = subprocess.run(["sinfo", "--noheader", "--format=%T"], env=self.environment,
                             capture_output=True, text=True)
        return run.stdout

    def _start(self, *words: str):
        with (self.folder / f"{words[0]}.log").open("w") as log:
            self._daemons.append(subprocess.Popen(
                words, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                start_new_session=True))

    def _wait(self, what: str, ready):
        end = time.monotonic() + _START_SECONDS
        while not ready():
            ended = [d.args[0] for d in self._daemons if d.poll() is not None]
            if ended or time.monotonic() > end:
                raise RuntimeError(f"{what} did not start (ended: {ended})\n{self._logs()}")
            time.sleep(0.1)

    def _logs(self) -> str:
        return "".join(f"--- {log.name}\n{log.read_text(errors='replace')[-2000:]}\n"
                       for log in sorted(self.folder.glob("*.log")))


if __name__ == "__main__":
    print(why_not() or "a cluster can be started", file=sys.stderr)
