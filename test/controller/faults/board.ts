import { type AimedFault, type Fault, type FaultKind, type FaultSpec, isAimed } from './spec.ts';

/** The faults that are on. They end with the process: a restart is a Controller in health. */
export interface FaultBoard {
  list(): Fault[];
  switchOn(spec: FaultSpec): Fault;
  /** By id or by kind; all without an argument. Returns how many were on. */
  switchOff(idOrKind?: string): number;
  isOn(kind: FaultKind): boolean;
  /** The faults that strike this request; counts them. */
  strike(method: string, path: string): AimedFault[];
  /** How far the clock is to be shifted, in seconds. */
  skewSeconds(): number;
}

export function createFaultBoard(): FaultBoard {
  let faults: Fault[] = [];
  let number = 0;
  return {
    list: () => [...faults],
    switchOn: spec => {
      number += 1;
      const fault = { id: `fault-${number}`, spec, struck: 0 };
      faults = [...faults, fault];
      return fault;
    },
    switchOff: idOrKind => {
      const left = faults.filter(({ id, spec }) => idOrKind !== undefined && id !== idOrKind && spec.kind !== idOrKind);
      const ended = faults.length - left.length;
      faults = left;
      return ended;
    },
    skewSeconds: () => faults.reduce((sum, { spec }) => sum + (spec.kind === 'clock-skew' ? spec.seconds : 0), 0),
    isOn: kind => faults.some(({ spec }) => spec.kind === kind),
    strike: (method, path) => {
      const struck: AimedFault[] = [];
      const left = faults.flatMap(fault => {
        const { spec } = fault;
        if (!isAimed(spec) || !meets(spec, method, path)) return [fault];
        struck.push(spec);
        const times = fault.struck + 1;
        return spec.count !== undefined && times >= spec.count ? [] : [{ ...fault, struck: times }];
      });
      faults = left;
      return struck;
    },
  };
}

function meets(spec: AimedFault, method: string, path: string): boolean {
  if (spec.method !== undefined && spec.method !== method) return false;
  if (spec.path !== undefined && !new RegExp(spec.path).test(path)) return false;
  return spec.probability === undefined || Math.random() < spec.probability;
}
