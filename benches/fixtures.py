"""What is measured with: the programs, home directories with profiles, certificates, servers."""

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parent

TEAMS = ["payments", "search", "identity", "mobile", "data", "infra", "edge", "billing"]
STAGES = ["dev", "test", "stage", "prod", "sandbox"]
REGIONS = ["us-east-1", "eu-west-1", "eu-central-1", "ap-southeast-2"]


def target():
    return Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))


def build(binary, root):
    """Puts awsenv (a release build where no binary is given) and the programs that it is compared with into a folder.

    Copies, as an installation makes them: the linker's own output lies in the page cache in small pieces, and starts a
    tenth slower.
    """
    if binary is None:
        subprocess.run(["cargo", "build", "--release", "--locked"], cwd=REPOSITORY, check=True)
        binary = target() / "release" / "awsenv"
    programs = target() / "benches"
    programs.mkdir(parents=True, exist_ok=True)
    for source in (HERE / "programs").glob("*.rs"):
        program = programs / source.stem
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            flags = ["--edition", "2024", "-O", "-C", "strip=symbols"]
            subprocess.run(["rustc", *flags, "-o", program, source], check=True)
    shutil.copy(derivation(), programs)
    folder = root / "bin"
    shutil.copytree(programs, folder)
    shutil.copy(binary, folder / "awsenv")
    return folder


def derivation():
    """The one program that needs a crate: its key derivation is awsenv's."""
    folder = target() / "benches-derivation"
    manifest = HERE / "derivation" / "Cargo.toml"
    build = ["cargo", "build", "--quiet", "--release", "--locked", "--manifest-path", manifest, "--target-dir", folder]
    subprocess.run(build, check=True)
    return folder / "release" / "floor_derivation"


def vault_home(root, awsenv):
    """A home with a vault, its passphrase in a file, and `role`: a role on top of keys that are in the vault."""
    aws = root / ".aws"
    aws.mkdir(parents=True)
    role = "role_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = kept\nregion = eu-west-1\n"
    (aws / "config").write_text(f"[profile role]\n{role}")
    (root / "keys").write_text(f"AKIABENCHBENCHBENCH1\n{'bench' * 8}\n")
    (root / "passphrase").write_text("open sesame\n")
    add = f"'{awsenv}' --quiet add kept --stdin --passphrase-fd 3 <keys 3<passphrase"
    subprocess.run(["sh", "-c", add], cwd=root, env={"HOME": str(root)}, check=True)
    return root


def home(root, count):
    """A home with `count` profiles such as large companies generate, and `bench` (static keys) at their end."""
    config, credentials = [], []
    config.append("[default]\nregion = us-east-1\noutput = json\n\n")
    config.append("[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = us-east-1\n\n")
    for number in range(count - 2):
        name = f"{TEAMS[number % 8]}{number:06d}-{STAGES[number // 8 % 5]}"
        account, region = f"{200000 + number // 5:012d}", REGIONS[number % 4]
        kind = number % 20
        if kind < 12:
            what = f"sso_session = corp\nsso_account_id = {account}\nsso_role_name = Admin\n"
        elif kind < 17:
            what = f"role_arn = arn:aws:iam::{account}:role/Admin\nsource_profile = bench\n"
        elif kind < 19:
            what = ""
            credentials.append(keys(name))
        else:
            what = f"credential_process = /usr/local/bin/keys --account {account}\n"
        config.append(f"[profile {name}]\n{what}region = {region}\noutput = json\n\n")
    config.append("[profile bench]\nregion = eu-west-1\noutput = json\n")
    credentials += [keys("default"), keys("bench")]
    aws = root / str(count) / ".aws"
    aws.mkdir(parents=True)
    (aws / "config").write_text("".join(config))
    (aws / "credentials").write_text("".join(credentials))
    (aws / "credentials").chmod(0o600)
    return aws.parent


def keys(name):
    return f"[{name}]\naws_access_key_id = AKIABENCHBENCHBENCH1\naws_secret_access_key = {'bench' * 8}\n\n"


def certificates(root):
    """An authority of our own (its file), and the server's chain and key; None where there is no openssl."""
    if not shutil.which("openssl"):
        return None
    authority, server, chain = root / "ca.pem", root / "server.pem", root / "chain.pem"
    names = root / "names"
    names.write_text("subjectAltName = IP:127.0.0.1\nbasicConstraints = CA:FALSE\n")

    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=root, stderr=subprocess.DEVNULL)

    # Cheap for the server, which is on this machine too and must not be measured.
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", authority, "-subj", "/CN=awsenv benches", "-days", "2")
    openssl("req", *new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    sign = ["-CA", authority, "-CAkey", "ca.key", "-CAcreateserial", "-extfile", names, "-days", "2"]
    openssl("x509", "-req", "-in", "server.csr", "-out", server, *sign)
    chain.write_text(server.read_text() + authority.read_text())
    return authority, chain, root / "server.key"


class Servers(contextlib.ExitStack):
    """Servers on loopback, each a process of its own, ended with this."""

    def start(self, *args):
        """Starts one, and returns the port that it prints."""
        server = subprocess.Popen([str(arg) for arg in args], stdout=subprocess.PIPE, text=True)
        self.callback(server.wait)
        self.callback(server.terminate)
        return int(server.stdout.readline())


@contextlib.contextmanager
def workplace():
    """A folder for all of it, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="awsenv-bench-") as folder:
        yield Path(folder)


