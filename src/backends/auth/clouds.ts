/** The sovereign clouds. Sources: Azure Monitor "Access the API", Azure Data Explorer and national-cloud endpoint lists. */
export const CLOUDS = ["public", "usgov", "china"] as const;
export type Cloud = (typeof CLOUDS)[number];

interface CloudEndpoints {
  /** Where tokens come from. */
  readonly authority: string;
  /** Log Analytics query API, with its version. */
  readonly logs: string;
  /** Scope of its tokens. */
  readonly logsScope: string;
}

export const ENDPOINTS: Readonly<Record<Cloud, CloudEndpoints>> = {
  public: {
    authority: "https://login.microsoftonline.com",
    logs: "https://api.loganalytics.io/v1",
    logsScope: "https://api.loganalytics.io/.default",
  },
  usgov: {
    authority: "https://login.microsoftonline.us",
    logs: "https://api.loganalytics.us/v1",
    logsScope: "https://api.loganalytics.us/.default",
  },
  china: {
    authority: "https://login.chinacloudapi.cn",
    logs: "https://api.loganalytics.azure.cn/v1",
    logsScope: "https://api.loganalytics.azure.cn/.default",
  },
};

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether a URL stays on this machine: the only place to which http and requests without a token may go. */
export const isLoopback = ({ hostname }: URL): boolean => LOOPBACK.has(hostname);
