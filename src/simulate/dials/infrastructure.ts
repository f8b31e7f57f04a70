import { activationOf, calledBy, isBookkeeping, isFinished, isPerson, operationOf } from "../changes.ts";
import { type Change, type Dial, drop, edit, keep, type Rule, type Scene, timeOf } from "../dial.ts";
import { DAY, HOUR, iso, type Row } from "../types.ts";

const RESOURCE = /^\/subscriptions\/[^/]+\/resourcegroups\/[^/]+\/providers\/([^/]+\/[^/]+)\/[^/]+/;

/** The resource that a child's id belongs to. */
const resourceOf = ({ _ResourceId }: Row): string => RESOURCE.exec(String(_ResourceId).toLowerCase())?.[0] ?? "";
const typeOf = (id: string): string => RESOURCE.exec(id)?.[1] ?? "";

/** Other criteria ask whether these send logs, so they always do. */
const ALWAYS_SENDING = [
  "microsoft.sql/servers",
  "microsoft.apimanagement/service",
  "microsoft.network/applicationgateways",
  "microsoft.network/azurefirewalls",
];

const maySend = (row: Row): boolean => {
  const resource = resourceOf(row);
  return resource !== "" && !ALWAYS_SENDING.includes(typeOf(resource));
};

/** The share of the resources that may be silent, from that of all. */
function sendingShare(value: number, { world }: Scene): number {
  const all = world.resources.length;
  const fixed = world.resources.filter(({ type }) => ALWAYS_SENDING.includes(type)).length;
  return (value * all - fixed) / (all - fixed);
}

/** Found so many days before its first report, and fixed a minute after it. */
const fixedAfter =
  (days: number): Change =>
  (row, { nth }) => {
    if (nth > 0) return [];
    const FirstEvaluationDate = iso(timeOf(row) - days * DAY);
    const fixed = iso(timeOf(row) + 60_000);
    return [
      { ...row, FirstEvaluationDate },
      { ...row, FirstEvaluationDate, TimeGenerated: fixed, StatusChangeDate: fixed, RecommendationState: "Healthy" },
    ];
  };

/** Created so many hours before its first row, and taken up by an analyst a minute after it. */
const takenAfter =
  (hours: number): Change =>
  (row, { nth, world, index }) => {
    const created = Date.parse(row.CreatedTime as string);
    const changed = { ...row, CreatedTime: iso(created - hours * HOUR) };
    if (nth > 0) return row.Status === "Active" ? [] : [changed];
    const [taken, analyst] = [iso(created + 60_000), world.admins[index % world.admins.length]];
    const times = { TimeGenerated: taken, LastModifiedTime: taken, FirstModifiedTime: taken };
    const owner = { objectId: analyst?.id, assignedTo: analyst?.name, userPrincipalName: analyst?.upn };
    return [changed, { ...changed, ...times, Status: "Active", Owner: owner, ModifiedBy: analyst?.upn }];
  };

const isAutomation = ({ ModifiedBy }: Row): boolean => String(ModifiedBy).startsWith("Automation rule");

const automated: Change = (row, { nth }) => {
  if (isAutomation(row)) return [];
  const at = iso(timeOf(row) + 1000);
  const step = { ...row, TimeGenerated: at, LastModifiedTime: at, ModifiedBy: "Automation rule - enrich" };
  return nth === 0 ? [row, step] : [row];
};

const isWrite = (row: Row): boolean => isFinished(row) && operationOf(row).endsWith("/write");

const isChange = (row: Row): boolean =>
  isFinished(row) && /\/(write|delete)$/.test(operationOf(row)) && !isBookkeeping(row);

const pipelineOf: Change = (row, { world, index }) => {
  if (!isPerson(row)) return [row];
  return [{ ...row, ...lockOf(row), ...calledBy(world.pipelines[index % world.pipelines.length] ?? "") }];
};

/** A lock of the resource: a write that is neither of the network nor of an application, nor drift of the resource. */
function lockOf(row: Row): Row {
  return {
    OperationNameValue: "MICROSOFT.AUTHORIZATION/LOCKS/WRITE",
    _ResourceId: `${row._ResourceId}/providers/microsoft.authorization/locks/${row.CorrelationId}`,
  };
}

/** Somebody locks the resource by hand, with an activated role. */
const byHand: Change = (row, turn) => {
  const { admins } = turn.world;
  const changed = { ...row, ...lockOf(row), ...calledBy(admins[turn.index % admins.length]?.upn ?? "") };
  return [activationOf(changed, turn), changed];
};

/** Somebody tags by hand what a pipeline has just deployed: bookkeeping for every other criterion. */
const tagged: Change = (row, { world, index, nth }) => {
  if (nth > 0) return [row];
  const tag = {
    ...row,
    ...calledBy(world.admins[index % world.admins.length]?.upn ?? ""),
    TimeGenerated: iso(timeOf(row) + 60_000),
    OperationNameValue: "MICROSOFT.RESOURCES/TAGS/WRITE",
    CorrelationId: `${row.CorrelationId}-tag`,
    EventDataId: `${row.EventDataId}-tag`,
  };
  return [row, tag];
};

const isAction = (row: Row): boolean =>
  isFinished(row) && /\/(write|delete|action)$/.test(operationOf(row)) && !isBookkeeping(row) && isPerson(row);

const OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";
const READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7";

const assigned = (isBroad: boolean) =>
  edit((_, { world }) => {
    const scope = `/subscriptions/${world.subscriptionId}${isBroad ? "" : "/resourceGroups/rg-platform"}`;
    const roleDefinitionId = `${scope}/providers/Microsoft.Authorization/roleDefinitions/${isBroad ? OWNER : READER}`;
    const properties = { roleDefinitionId, principalType: isBroad ? "User" : "Group", scope };
    return { Properties_d: { requestbody: JSON.stringify({ properties }) } };
  });

const foundAfter = (minutes: number) =>
  edit((row) => ({
    StartTime: iso(timeOf(row) - (minutes + 60) * 60_000),
    EndTime: iso(timeOf(row) - minutes * 60_000),
  }));

/** A path of one snapshot; open ones are there in the last snapshot and more than a week before. */
const seen =
  (isOpen: boolean): Change =>
  (row, { end }) => {
    const path = {
      ...row,
      RiskLevel: "Critical",
      AttackPathId: `${row.AttackPathId}-${Math.floor(timeOf(row) / DAY)}`,
    };
    const at = (time: number): Row => ({ ...path, TimeGenerated: iso(time) });
    return isOpen ? [path, at(end - HOUR), at(end - HOUR - 8 * DAY)] : [path];
  };

/** The volume of one week, counted back from the end, is multiplied. */
const quantity = (week: number, factor: number) =>
  edit((row, { end }) => {
    const isMultiplied = Math.floor((end - timeOf(row)) / (7 * DAY)) === week;
    return { Quantity: Number(row.Quantity) * (isMultiplied ? factor : 1) };
  });

const SENDERS = [
  "AGWAccessLogs",
  "ApiManagementGatewayLogs",
  "AppServiceHTTPLogs",
  "AZFWApplicationRule",
  "AZKVAuditLogs",
  "AzureDiagnostics",
  "MicrosoftAzureBastionAuditLogs",
  "SQLSecurityAuditEvents",
  "StorageBlobLogs",
];

export default {
  "IN-01": {
    knobs: { infrastructure: { logged: 1 } },
    rules: [
      ...SENDERS.map(
        (table): Rule => ({ table, of: maySend, by: resourceOf, share: sendingShare, yes: keep, no: drop }),
      ),
      // A host goes on to say that it is up.
      { table: "Heartbeat", of: maySend, by: resourceOf, share: sendingShare, yes: keep, no: { _ResourceId: "" } },
    ],
  },
  "IN-02": {
    knobs: { infrastructure: { logged: 1 } },
    rules: [
      {
        table: "Heartbeat",
        of: {},
        by: "ResourceId",
        yes: keep,
        // Silent since a day ago: before, it sent its logs.
        no: (row, { end }) => (timeOf(row) > end - DAY ? [] : [row]),
      },
    ],
  },
  "IN-03": {
    rules: [
      {
        table: "Usage",
        of: {},
        amount: ({ TotalBatches }) => Number(TotalBatches),
        set: (late, all) => ({ BatchesOutsideSla: late, BatchesWithinSla: all - late }),
      },
    ],
  },
  "IN-04": {
    rules: [
      {
        table: "SecureScores",
        of: {},
        by: "AssessedResourceId",
        amount: ({ MaxScore }) => Number(MaxScore),
        set: (score, all) => ({ CurrentScore: score, PercentageScore: score / all }),
      },
    ],
  },
  "IN-05": {
    rules: [
      {
        table: "SecurityRecommendation",
        of: { RecommendationSeverity: "High" },
        by: "RecommendationId",
        yes: fixedAfter(3),
        partial: { initial: fixedAfter(20), intermediate: fixedAfter(10) },
        no: fixedAfter(45),
      },
    ],
  },
  "IN-06": {
    rules: [
      {
        table: "SecurityRegulatoryCompliance",
        of: {},
        by: "ComplianceControl",
        amount: ({ PassedResources, FailedResources }) => Number(PassedResources) + Number(FailedResources),
        set: (passed, all) => ({ PassedResources: passed, FailedResources: all - passed }),
      },
    ],
  },
  "IN-07": {
    rules: [{ table: "AzureActivity", of: isChange, by: "CorrelationId", yes: pipelineOf, no: byHand }],
  },
  "IN-08": {
    rules: [
      // What people change is not what pipelines deploy, unless the dial says so.
      {
        table: "AzureActivity",
        of: (row) => isWrite(row) && isPerson(row) && !isBookkeeping(row),
        every: edit(lockOf),
      },
      {
        table: "AzureActivity",
        of: (row) => isWrite(row) && !isPerson(row) && !isBookkeeping(row),
        by: (row) => String(row._ResourceId).toLowerCase(),
        yes: tagged,
        no: keep,
      },
    ],
  },
  "IN-09": {
    rules: [
      {
        table: "AzureActivity",
        of: { OperationNameValue: "MICROSOFT.AUTHORIZATION/ROLEASSIGNMENTS/WRITE", ActivityStatusValue: "Start" },
        yes: assigned(true),
        no: assigned(false),
      },
    ],
  },
  "IN-10": {
    rules: [
      {
        table: "AzureActivity",
        of: isAction,
        by: "CorrelationId",
        yes: (row, turn) => [activationOf(row, turn), row],
        no: edit((_, { index }) => calledBy(`contractor-${index + 1}@contoso.com`)),
      },
    ],
  },
  "IN-11": {
    rules: [
      {
        table: "SecurityIncident",
        of: { Severity: "High" },
        by: "IncidentNumber",
        yes: takenAfter(0),
        partial: { initial: takenAfter(10), intermediate: takenAfter(2) },
        no: takenAfter(48),
      },
    ],
  },
  "IN-12": {
    rules: [
      {
        table: "SecurityIncident",
        of: {},
        by: "IncidentNumber",
        yes: automated,
        no: (row) => (isAutomation(row) ? [] : [row]),
      },
    ],
  },
  "IN-13": {
    rules: [
      {
        table: "SentinelHealth",
        of: { SentinelResourceType: "Analytics Rule" },
        yes: { Status: "Success", Reason: "" },
        no: { Status: "Failure", Reason: "Semantic error in the query." },
      },
    ],
  },
  "IN-14": {
    rules: [
      {
        table: "SecurityIncident",
        of: { Status: "Closed" },
        by: "IncidentNumber",
        yes: { Classification: "Undetermined" },
        no: { Classification: "TruePositive" },
      },
    ],
  },
  "IN-15": {
    rules: [{ table: "Anomalies", of: {}, yes: foundAfter(10), no: foundAfter(300) }],
  },
  "IN-16": {
    rules: [{ table: "SecurityAttackPathData", of: {}, yes: seen(true), no: seen(false) }],
  },
  "IN-17": {
    rules: [
      {
        table: "Usage",
        of: {},
        by: "DataType",
        // An odd week spoils the guess that each is like the one before, hardly the forecast.
        yes: quantity(2, 2),
        // Four times as much from one week to the next: nobody can have seen that coming.
        no: quantity(0, 4),
      },
    ],
  },
} satisfies Readonly<Record<string, Dial>>;
