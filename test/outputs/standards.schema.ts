// What the specifications require of the parts that are written here, and nothing that they do not name.
const object = (
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object => ({
  type: "object",
  additionalProperties: false,
  required: Object.keys(required),
  properties: { ...required, ...optional },
});
const some = (items: object): object => ({ type: "array", minItems: 1, items });
const list = (items: object): object => ({ type: "array", items });
const text = { type: "string" };
const line = { type: "string", pattern: "^\\S(.*\\S)?$" };
const uuid = {
  type: "string",
  pattern: "^[0-9a-f]{8}-[0-9a-f]{4}-[45][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
};
const instant = {
  type: "string",
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$",
};
const token = {
  type: "string",
  pattern: "^(\\p{L}|_)(\\p{L}|\\p{N}|[.\\-_])*$",
};
const digest = { type: "string", pattern: "^[0-9a-f]{64}$" };
const anything = {};

const property = object({ name: token, value: line }, { ns: text });
const observation = object(
  {
    uuid,
    description: line,
    methods: some({ enum: ["EXAMINE", "INTERVIEW", "TEST", "UNKNOWN"] }),
    collected: instant,
  },
  {
    title: line,
    props: some(property),
    types: some(token),
    "relevant-evidence": some(object({ description: line }, { href: text })),
  },
);
const status = object(
  { state: { enum: ["satisfied", "not-satisfied"] } },
  { reason: { enum: ["pass", "fail", "other"] } },
);
const finding = object(
  {
    uuid,
    title: line,
    description: line,
    target: object({
      type: { enum: ["statement-id", "objective-id"] },
      "target-id": token,
      status,
    }),
  },
  {
    "related-observations": some(object({ "observation-uuid": uuid })),
    remarks: line,
  },
);
const resource = object(
  { uuid },
  {
    title: line,
    rlinks: some(
      object(
        { href: text },
        {
          "media-type": text,
          hashes: some(object({ algorithm: { const: "SHA-256" }, value: digest })),
        },
      ),
    ),
  },
);

/** OSCAL 1.2.1 assessment results. */
export const oscalSchema = object({
  "assessment-results": object({
    uuid,
    metadata: object({
      title: line,
      "last-modified": instant,
      version: line,
      "oscal-version": line,
    }),
    "import-ap": object({ href: { type: "string", pattern: "^#" } }),
    results: some(
      object(
        {
          uuid,
          title: line,
          description: line,
          start: instant,
          "reviewed-controls": object({
            "control-selections": some(object({ "include-all": object({}) })),
          }),
        },
        {
          end: instant,
          observations: some(observation),
          findings: some(finding),
        },
      ),
    ),
    "back-matter": object({ resources: some(resource) }),
  }),
});

const message = object({ text: { type: "string", minLength: 1 } });
const sarifResult = object(
  { message },
  {
    ruleId: text,
    ruleIndex: { type: "integer", minimum: 0 },
    kind: { enum: ["pass", "fail", "open"] },
    level: { enum: ["none", "warning", "error"] },
    locations: some(
      object({
        logicalLocations: some(object({ name: text, fullyQualifiedName: text, kind: text })),
      }),
    ),
    partialFingerprints: { type: "object", additionalProperties: text },
    suppressions: some(object({ kind: { const: "external" } }, { justification: text })),
    properties: anything,
  },
);

/** SARIF 2.1.0. */
export const sarifSchema = object({
  $schema: text,
  version: { const: "2.1.0" },
  runs: some(
    object({
      tool: object({
        driver: object(
          { name: text },
          {
            version: text,
            rules: list(
              object(
                { id: text },
                {
                  shortDescription: message,
                  help: message,
                  properties: anything,
                },
              ),
            ),
          },
        ),
      }),
      invocations: some(
        object(
          { executionSuccessful: { type: "boolean" } },
          {
            toolExecutionNotifications: list(object({ message }, { level: text })),
          },
        ),
      ),
      artifacts: {
        ...list(
          object(
            {},
            {
              location: object({
                uri: { type: "string", pattern: "^[!#-;=?-Z_a-z~%\\[\\]]*$" },
              }),
              description: message,
              roles: list(text),
              hashes: object({ "sha-256": digest }),
              contents: object({ text }),
              properties: anything,
            },
          ),
        ),
        uniqueItems: true,
      },
      results: list(sarifResult),
      properties: anything,
    }),
  ),
});

const analytic = object({ type_id: { enum: [1, 3] } }, { uid: text, name: text });
const event = (classUid: number, required: Readonly<Record<string, object>>): object =>
  object({
    activity_id: { const: 1 },
    category_uid: { const: 2 },
    class_uid: { const: classUid },
    type_uid: { const: classUid * 100 + 1 },
    severity_id: { enum: [1, 2, 3] },
    status_id: { const: 1 },
    time: { type: "integer" },
    metadata: object({
      version: text,
      product: object({ name: text, vendor_name: text, version: text }),
    }),
    message: text,
    finding_info: object({ uid: uuid }, { title: text, desc: text, analytic }),
    ...required,
  });

/** OCSF 1.5 Compliance Finding (2003) or Detection Finding (2004). */
export const ocsfSchema = {
  oneOf: [
    event(2003, {
      compliance: object(
        {},
        {
          control: text,
          standards: some(text),
          status: { enum: ["Pass", "Warning", "Fail"] },
          status_id: { enum: [1, 2, 3] },
          status_code: text,
          status_details: some(text),
        },
      ),
      remediation: object({ desc: text }),
      evidences: some(object({ data: { type: "object" } })),
    }),
    event(2004, { evidences: some(object({ data: { type: "object" } })) }),
  ],
};
