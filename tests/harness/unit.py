"""Runs a command as its systemd unit would, on a machine without systemd: the unit's restrictions, read from the file,
made with the same means of the kernel.

    unit.py UNIT FOLDER PROGRAM [ARGUMENT...]

UNIT is the service file, FOLDER the one place that may be written (its state and configuration directory). A setting
that is neither applied here nor listed as not applicable ends it: a new restriction must not go untested in silence.
"""

import ctypes
import os
import resource
import stat
import subprocess
import sys

import pyseccomp as seccomp

NOBODY = 65534
AF = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 32, 4096, 16384, 1 << 18
CLONE_NEWNS = 0x00020000
NAMESPACES = 0x7E020080
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 24, 38, 47

# Of systemd's own making, or without meaning for one process that is started by hand.
NOT_HERE = {
    "Type", "ExecStart", "ExecReload", "Restart", "RestartSec", "RestartPreventExitStatus", "WatchdogSec",
    "TimeoutStopSec", "StateDirectory", "StateDirectoryMode", "RuntimeDirectory", "RuntimeDirectoryMode",
    "ConfigurationDirectory", "Group", "RemoveIPC", "SystemCallErrorNumber",
    # Their part is done by the missing capabilities and the filter of calls.
    "PrivateUsers", "ProtectClock", "ProtectControlGroups", "ProtectHostname", "ProtectKernelLogs",
    "ProtectKernelModules", "ProtectKernelTunables", "RestrictSUIDSGID", "RestrictRealtime", "LockPersonality",
    "KeyringMode", "SystemCallArchitectures",
}

libc = ctypes.CDLL(None, use_errno=True)


def must(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def mount(source, target, kind, flags, data=None):
    text = lambda value: value.encode() if value is not None else None
    must(libc.mount(text(source), text(target), text(kind), flags, text(data)), f"mount {target}")


def prctl(option, *args):
    rest = list(args) + [0] * (4 - len(args))
    must(libc.prctl(option, *[ctypes.c_ulong(value) for value in rest]), f"prctl {option}")


def settings(unit):
    """The settings of [Service], each with all its values."""
    found, section = {}, None
    for line in open(unit):
        line = line.strip()
        if line.startswith("["):
            section = line
        elif section == "[Service]" and line and line[0] not in "#;":
            key, value = line.split("=", 1)
            found.setdefault(key, []).append(value)
    return found


class Restrictions:
    """Each method is a setting of the unit. Those above the line need root."""

    def __init__(self, folder, program):
        self.folder, self.program = folder, program
        self.calls = set()
        self.families = []
        self.no_exec = self.no_namespaces = False

    def ProtectSystem(self, values):
        assert values == ["strict"]
        mount(self.folder, self.folder, None, MS_BIND | MS_REC)
        points = [line.split()[4] for line in open("/proc/self/mountinfo")]
        for point in points:
            if point != self.folder and point.split("/")[1] not in ("proc", "sys", "dev"):
                try:
                    mount(None, point, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
                except OSError as error:
                    print(f"unit.py: {error}", file=sys.stderr)
        try:
            open("/not-writable", "w")
        except OSError:
            return
        raise SystemExit("the system is writable")

    def ProtectHome(self, values):
        assert values == ["yes"]
        for home in ("/home", "/root"):
            if os.path.isdir(home):
                mount("tmpfs", home, "tmpfs", MS_NOSUID | MS_NODEV, "mode=000")

    def PrivateTmp(self, values):
        assert values == ["yes"]
        kept = os.open(self.folder, os.O_PATH)
        mount("tmpfs", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777")
        os.makedirs(self.folder, exist_ok=True)
        mount(f"/proc/self/fd/{kept}", self.folder, None, MS_BIND)

    def PrivateDevices(self, values):
        assert values == ["yes"]
        kept = {name: os.open(f"/dev/{name}", os.O_PATH) for name in ("null", "zero", "full", "random", "urandom")}
        mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=755")
        for name, device in kept.items():
            open(f"/dev/{name}", "w").close()
            mount(f"/proc/self/fd/{device}", f"/dev/{name}", None, MS_BIND)

    def ProtectProc(self, values):
        assert values == ["invisible"]
        mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, "hidepid=invisible,subset=pid")

    def ProcSubset(self, values):
        assert values == ["pid"]

    def LimitCORE(self, values):
        assert values == ["0"]
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def LimitMEMLOCK(self, values):
        assert values == ["infinity"]
        # As far as this machine allows.
        hard = resource.getrlimit(resource.RLIMIT_MEMLOCK)[1]
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (hard, hard))

    def UMask(self, values):
        os.umask(int(values[-1], 8))

    def CapabilityBoundingSet(self, values):
        assert values == [""]
        for capability in range(int(open("/proc/sys/kernel/cap_last_cap").read()) + 1):
            prctl(PR_CAPBSET_DROP, capability)

    def AmbientCapabilities(self, values):
        assert values == [""]

    def User(self, values):
        for path, folders, files in os.walk(self.folder):
            for name in [".", *folders, *files]:
                os.chown(os.path.join(path, name), NOBODY, NOBODY, follow_symlinks=False)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)

    # ---

    def NoNewPrivileges(self, values):
        assert values == ["yes"]
        prctl(PR_SET_NO_NEW_PRIVS, 1)

    def MemoryDenyWriteExecute(self, values):
        assert values == ["yes"]
        self.no_exec = True

    def RestrictNamespaces(self, values):
        assert values == ["yes"]
        self.no_namespaces = True

    def RestrictAddressFamilies(self, values):
        self.families = [AF[name] for name in values[-1].split()]

    def SystemCallFilter(self, values):
        for value in values:
            calls = set().union(*(members(name) for name in value.lstrip("~").split()))
            self.calls = self.calls - calls if value.startswith("~") else self.calls | calls

    def filter(self):
        """What is allowed; everything else is refused, as the unit says."""
        refuse = seccomp.SyscallFilter(seccomp.ERRNO(1))
        conditions = {}
        if self.families:
            conditions["socket"] = [[seccomp.Arg(0, seccomp.EQ, family)] for family in self.families]
        if self.no_exec:
            both = 2 | 4
            conditions["mmap"] = [[seccomp.Arg(2, seccomp.MASKED_EQ, both, value)] for value in (0, 2, 4)]
            conditions["mprotect"] = [[seccomp.Arg(2, seccomp.MASKED_EQ, 4, 0)]]
            conditions["pkey_mprotect"] = [[seccomp.Arg(2, seccomp.MASKED_EQ, 4, 0)]]
        if self.no_namespaces:
            conditions["clone"] = [[seccomp.Arg(0, seccomp.MASKED_EQ, NAMESPACES, 0)]]
            refuse.add_rule(seccomp.ERRNO(38), "clone3")
            self.calls -= {"clone3", "unshare", "setns"}
        for call in sorted(self.calls):
            for arguments in conditions.get(call, [[]]):
                try:
                    refuse.add_rule(seccomp.ALLOW, call, *arguments)
                except (ValueError, OSError, RuntimeError):
                    # A call of another machine.
                    pass
        refuse.load()


GROUPS = {}


def members(name):
    """The calls of a group, as systemd knows it."""
    if not name.startswith("@"):
        return {name}
    return set().union(*(members(member) for member in GROUPS[name]))


def learn_groups():
    """systemd's groups of calls; read before anything is restricted."""
    text = subprocess.run(["systemd-analyze", "syscall-filter"], capture_output=True, text=True, check=True).stdout
    group = None
    for line in text.splitlines():
        if line.startswith("@"):
            group = GROUPS.setdefault(line.strip(), [])
        elif line.startswith(" ") and group is not None and not line.strip().startswith("#"):
            group.append(line.strip())


# Mounts before the identity, the identity before what it may not do.
ORDER = [
    "LimitCORE", "LimitMEMLOCK", "UMask", "PrivateTmp", "PrivateDevices", "ProtectHome", "ProtectSystem",
    "ProcSubset", "CapabilityBoundingSet", "ProtectProc", "AmbientCapabilities", "User", "NoNewPrivileges",
    "MemoryDenyWriteExecute", "RestrictNamespaces", "RestrictAddressFamilies", "SystemCallFilter",
]


def main():
    unit, folder, program, *arguments = sys.argv[1:]
    folder = folder.rstrip("/")
    told = settings(unit)
    unknown = set(told) - set(ORDER) - NOT_HERE
    if unknown:
        raise SystemExit(f"unit.py does not know {sorted(unknown)}: apply it, or say why not")
    learn_groups()
    must(libc.unshare(CLONE_NEWNS), "unshare")
    mount(None, "/", None, MS_REC | MS_PRIVATE)
    restrictions = Restrictions(folder, program)
    for key in ORDER:
        if key in told:
            getattr(restrictions, key)(told[key])
    assert os.getuid() == NOBODY and stat.S_ISDIR(os.stat(folder).st_mode)
    restrictions.filter()
    os.execv(program, [program, *arguments])


main()
