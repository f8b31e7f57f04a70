import { runCommand } from "./command.ts";
import { type Expression, idOf, type Parameter, parameter, propertyOf, type Resource } from "./model.ts";

export const JOB_IDENTITY = "jobIdentity";

export const jobParameters: readonly Parameter[] = [
  { name: "environmentId", type: "string", description: "Id of the Container Apps environment that the job runs in" },
  { name: "image", type: "string", description: "Image of ztlens, built from .github/Dockerfile" },
  { name: "workspaceId", type: "string", description: "Workspace id (a GUID), which the queries are sent to" },
  { name: "storageName", type: "string", description: "Storage of the environment (Azure Files) that keeps the state" },
  { name: "schedule", type: "string", description: "When it runs: a cron expression, UTC", value: "0 3 * * *" },
];

const identity: Resource = {
  key: JOB_IDENTITY,
  type: "Microsoft.ManagedIdentity/userAssignedIdentities",
  apiVersion: "2023-01-31",
  name: "ztlens-job",
  location: parameter("location"),
};

const variable = (name: string, value: string | Expression): { name: string; value: string | Expression } => ({
  name,
  value,
});

/** A job that runs on a schedule, one at a time, as an identity of its own. Its state lies on a share that stays. */
export const job = ({ endpointUrl, ruleId }: { endpointUrl: Expression; ruleId: Expression }): readonly Resource[] => [
  identity,
  {
    key: "job",
    type: "Microsoft.App/jobs",
    apiVersion: "2024-03-01",
    name: "ztlens",
    location: parameter("location"),
    identities: [idOf(JOB_IDENTITY)],
    properties: {
      environmentId: parameter("environmentId"),
      configuration: {
        triggerType: "Schedule",
        scheduleTriggerConfig: { cronExpression: parameter("schedule"), parallelism: 1, replicaCompletionCount: 1 },
        replicaTimeout: 3600,
        replicaRetryLimit: 1,
      },
      template: {
        containers: [
          {
            name: "ztlens",
            image: parameter("image"),
            command: ["/bin/sh", "-c"],
            args: [runCommand("managed-identity", "/state")],
            env: [
              variable("WORKSPACE", parameter("workspaceId")),
              variable("ZTLENS_ENDPOINT", endpointUrl),
              variable("ZTLENS_RULE", ruleId),
              variable("AZURE_CLIENT_ID", propertyOf(JOB_IDENTITY, "clientId")),
            ],
            resources: { cpu: 2, memory: "4Gi" },
            volumeMounts: [{ volumeName: "state", mountPath: "/state" }],
          },
        ],
        volumes: [{ name: "state", storageType: "AzureFile", storageName: parameter("storageName") }],
      },
    },
  },
];
