import type { AlertEntity } from "../../core/alert.ts";

/** `Account alice@contoso.com`: the identifiers that were mapped, a name and its suffix in one. */
export function entityText({ type, identifiers }: AlertEntity): string {
  const { Name: name, UPNSuffix: suffix, HostName: host, DnsDomain: domain, ...rest } = identifiers;
  const whole = name !== undefined && suffix !== undefined ? `${name}@${suffix}` : (name ?? suffix);
  const machine = host !== undefined && domain !== undefined ? `${host}.${domain}` : (host ?? domain);
  const parts = [whole, machine, ...Object.values(rest)].filter((part) => part !== undefined);
  return `${type} ${parts.join(" ")}`;
}

/** `2026-06-30 13:05:00`. */
export const timeText = (iso: string): string => iso.slice(0, 19).replace("T", " ");
