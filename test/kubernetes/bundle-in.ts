import { z } from 'zod';
import type { Powered } from '../vm/qemu.ts';

export interface BundleEntry {
  readonly path: string;
  readonly outcome: string;
  readonly reason: string | null;
}

export interface LookedAt {
  readonly entries: readonly BundleEntry[];
  /** How many secret values the cluster has, of its Secrets and its keys on the disk. */
  readonly secrets: number;
  /** Those that are in a file of the bundle, by their names. */
  readonly leaked: readonly string[];
}

/** Takes a bundle of the running cluster that anybody can read, and looks for every secret of the cluster in its files. */
export async function bundleIn({ probe }: Powered): Promise<LookedAt> {
  const { status, stderr } = await probe.run('conjurer bundle --plaintext -o /var/tmp/of-cluster.tar.gz');
  // 6: something could not be collected, which the entries say.
  if (status !== 0 && status !== 6) throw new Error(`conjurer bundle ended with ${status}: ${stderr}`);
  return Looked.parse(JSON.parse(await probe.read(`python3 - <<'END'\n${look}\nEND`)));
}

const Looked = z.object({
  entries: z.array(z.object({ path: z.string(), outcome: z.string(), reason: z.string().nullable() })),
  secrets: z.int(),
  leaked: z.array(z.string()),
});

/** A value counts as leaked as itself, in base64, and each line of a key by itself. */
const look = `
import base64, glob, gzip, json, subprocess, tarfile
public = {"ca.crt", "tls.crt", "namespace", "handoff.json"}
kubectl = ["kubectl", "--kubeconfig", "/etc/kubernetes/admin.conf"]
secrets = {}
for item in json.loads(subprocess.check_output(kubectl + ["get", "secrets", "-A", "-o", "json"]))["items"]:
    for key, value in item.get("data", {}).items():
        raw = base64.b64decode(value)
        if key not in public and len(raw) > 15 and b" " not in raw.replace(b" PRIVATE KEY", b""):
            secrets[item["metadata"]["name"] + " " + key] = [raw.strip(), value.encode()]
for path in glob.glob("/etc/kubernetes/pki/**/*.key", recursive=True):
    raw = open(path, "rb").read()
    secrets[path] = [raw.strip(), base64.b64encode(raw)]
for name, forms in secrets.items():
    forms += [line for line in forms[0].split(b"\\n") if len(line) > 40]
entries, leaked = [], set()
with tarfile.open("/var/tmp/of-cluster.tar.gz") as bundle:
    for member in bundle:
        data = bundle.extractfile(member).read() if member.isfile() else b""
        if member.name.endswith(".gz"):
            data = gzip.decompress(data)
        if member.name.split("/")[-1] == "manifest.json" and member.name.count("/") == 1:
            entries = json.loads(data)["entries"]
        leaked |= {name for name, forms in secrets.items() if any(form in data for form in forms)}
keep = [{"path": e["path"], "outcome": e["outcome"], "reason": e.get("reason")} for e in entries]
print(json.dumps({"entries": keep, "secrets": len(secrets), "leaked": sorted(leaked)}))
`.trim();
