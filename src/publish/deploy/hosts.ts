import { stringify } from "yaml";
import { runCommand, VARIABLES } from "./command.ts";

/*
 * The job on hosts that no ARM resource describes. What is in <angle brackets> is to be replaced; crontab and systemd
 * read the variables from /etc/ztlens.env, which only root and the job may read.
 */

const SCHEDULE = "0 3 * * *";

const documents = (...parts: readonly object[]): string =>
  parts.map((part) => stringify(part, { lineWidth: 0, defaultStringType: "PLAIN" })).join("---\n");

/** A CronJob of AKS with workload identity: the pod gets a token of its service account, and no secret. */
function kubernetes(): string {
  const metadata = { name: "ztlens", namespace: "ztlens" };
  const container = {
    name: "ztlens",
    image: "<registry>/ztlens:latest",
    command: ["/bin/sh", "-c"],
    args: [runCommand("workload", "/state")],
    env: VARIABLES.map((name) => ({ name, valueFrom: { configMapKeyRef: { name: "ztlens", key: name } } })),
    resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } },
    securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "state", mountPath: "/state" }],
  };
  return documents(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "ztlens" } },
    {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { ...metadata, annotations: { "azure.workload.identity/client-id": "<client id of the identity>" } },
    },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata,
      data: { WORKSPACE: "<workspace id>", ZTLENS_ENDPOINT: "<ingestion endpoint>", ZTLENS_RULE: "<rule id>" },
    },
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata,
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
    },
    {
      apiVersion: "batch/v1",
      kind: "CronJob",
      metadata,
      spec: {
        schedule: SCHEDULE,
        concurrencyPolicy: "Forbid",
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 7,
        jobTemplate: {
          spec: {
            backoffLimit: 1,
            activeDeadlineSeconds: 3600,
            template: {
              metadata: { labels: { "azure.workload.identity/use": "true" } },
              spec: {
                serviceAccountName: "ztlens",
                restartPolicy: "Never",
                securityContext: { runAsUser: 1000, fsGroup: 1000 },
                containers: [container],
                volumes: [{ name: "state", persistentVolumeClaim: { claimName: "ztlens" } }],
              },
            },
          },
        },
      },
    },
  );
}

/** An expression of GitHub Actions. */
const actions = (name: string): string => `\${{ ${name} }}`;

/** A workflow of GitHub Actions with OpenID Connect: a fresh assertion for every token, and no secret. */
function github(): string {
  const variables = Object.fromEntries(VARIABLES.map((name) => [name, actions(`vars.${name}`)]));
  return documents({
    name: "Zero Trust maturity",
    on: { schedule: [{ cron: SCHEDULE }], workflow_dispatch: {} },
    permissions: { contents: "read", "id-token": "write" },
    concurrency: { group: "ztlens", "cancel-in-progress": false },
    jobs: {
      assess: {
        "runs-on": "ubuntu-latest",
        "timeout-minutes": 60,
        env: {
          AZURE_TENANT_ID: actions("vars.AZURE_TENANT_ID"),
          AZURE_CLIENT_ID: actions("vars.AZURE_CLIENT_ID"),
          ...variables,
        },
        steps: [
          { uses: "actions/setup-node@v4", with: { "node-version": 24 } },
          {
            uses: "actions/cache@v4",
            with: { path: "state", key: `ztlens-${actions("github.run_id")}`, "restore-keys": "ztlens-" },
          },
          { run: "npm install --global ztlens" },
          { run: runCommand("github", "./state") },
        ],
      },
    },
  });
}

const crontab = (): string =>
  `# m h dom mon dow user command; times are those of the machine
SHELL=/bin/sh
${SCHEDULE} ztlens set -a; . /etc/ztlens.env; set +a; flock -n /var/lib/ztlens/lock ${runCommand("default", "/var/lib/ztlens")} 2>> /var/log/ztlens.log
`;

const SERVICE = `# /etc/systemd/system/ztlens.service
[Unit]
Description=Zero Trust maturity assessment
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
User=ztlens
EnvironmentFile=/etc/ztlens.env
StateDirectory=ztlens
ExecStart=/bin/sh -c '${runCommand("default", "/var/lib/ztlens")}'
TimeoutStartSec=1h
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
`;

const TIMER = `# /etc/systemd/system/ztlens.timer
[Unit]
Description=Zero Trust maturity assessment, every night

[Timer]
OnCalendar=*-*-* 03:00:00 UTC
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
`;

const systemd = (): string => `${SERVICE}\n${TIMER}`;

/** File of the job by host. */
export const HOSTS = { kubernetes, github, crontab, systemd } as const;
export type Host = keyof typeof HOSTS;
