import { checkFile, couldNotTell } from './file-check.ts';
import { type CheckContext, type Checker, type Finding, finding, ok } from './finding.ts';
import type { SystemdUnitComponent } from './manifest.ts';
import { readUnit, sameUnitPath, type UnitOnMachine } from './unit-on-machine.ts';

/** The effective unit is the declared file with the declared drop-ins, systemd has read it, and it is enabled as declared. */
export const checkSystemdUnit: Checker<SystemdUnitComponent> = async (component, context) => {
  try {
    const unit = await readUnit(component.unit, context.host, context.signal);
    const findings = [
      ...findFragment(component, unit),
      ...(await checkFiles(component, unit, context)),
      ...findDropIns(component, unit),
      ...findState(component, unit),
    ];
    return findings.length === 0 ? [ok(component)] : findings;
  } catch (error) {
    context.signal.throwIfAborted();
    return [couldNotTell(component, component.unit, error)];
  }
};

function findFragment(component: SystemdUnitComponent, { fragment, masked }: UnitOnMachine): Finding[] {
  const { unit, path } = component;
  if (masked) {
    const told = { observed: `${unit} is masked`, expected: path, fix: `systemctl unmask ${unit}` };
    return [finding(component, 'altered', 'unit-masked', told)];
  }
  if (fragment === null || sameUnitPath(fragment, path)) return [];
  const fix = `systemctl revert ${unit}, which removes ${fragment}`;
  return [finding(component, 'altered', 'unit-overridden', { observed: fragment, expected: path, fix })];
}

async function checkFiles(
  component: SystemdUnitComponent,
  { dropIns }: UnitOnMachine,
  context: CheckContext,
): Promise<Finding[]> {
  const all = [{ path: component.path, sha256: component.sha256 }, ...component.dropIns];
  const findings = await Promise.all(all.map(file => checkFile(component, file, context)));
  const notInForce = component.dropIns
    .filter(({ path }) => !dropIns.some(one => sameUnitPath(one, path)))
    .map(({ path }) =>
      finding(component, 'altered', 'drop-in-not-in-force', {
        observed: `${path} does not apply`,
        expected: `${path} among the drop-ins of ${component.unit}`,
        fix: `systemctl daemon-reload; systemctl cat ${component.unit}`,
      }),
    );
  const flat = findings.flat();
  return [...flat, ...(flat.length === 0 ? notInForce : [])];
}

function findDropIns(component: SystemdUnitComponent, { dropIns, unread }: UnitOnMachine): Finding[] {
  return [...dropIns, ...unread]
    .filter(path => !component.dropIns.some(declared => sameUnitPath(declared.path, path)))
    .map(path =>
      finding(component, 'unexpected', 'drop-in-undeclared', {
        observed: path,
        expected: component.dropIns.map(declared => declared.path).join(', ') || 'no drop-in',
        fix: `read ${path}; where it is not wanted: rm ${path} && systemctl daemon-reload`,
      }),
    );
}

function findState(component: SystemdUnitComponent, { enabled, needsReload }: UnitOnMachine): Finding[] {
  const { unit } = component;
  const findings: Finding[] = [];
  if (needsReload) {
    findings.push(
      finding(component, 'altered', 'daemon-reload-needed', {
        observed: `${unit} was changed on the disk, and systemd goes on with what it read before`,
        expected: 'systemd has read what is on the disk',
        fix: 'systemctl daemon-reload, or: conjurer validate --repair',
        repairable: true,
      }),
    );
  }
  if (enabled !== component.enabled) {
    findings.push(
      finding(component, 'altered', component.enabled ? 'unit-disabled' : 'unit-enabled', {
        observed: enabled ? 'enabled' : 'not enabled',
        expected: component.enabled ? 'enabled' : 'not enabled',
        fix: `systemctl ${component.enabled ? 'enable' : 'disable'} ${unit}, or: conjurer validate --repair`,
        repairable: true,
      }),
    );
  }
  return findings;
}
