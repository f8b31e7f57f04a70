/**
 * Sentinel's entity types with their identifiers; a mapping needs one whole set of `required`.
 * Source: https://learn.microsoft.com/azure/sentinel/entities-reference
 */
export interface EntityType {
  readonly identifiers: readonly string[];
  readonly required: readonly (readonly string[])[];
}

/** `*` marks an identifier that suffices alone; identifiers joined by `+` suffice together. */
const TYPES: Readonly<Record<string, string>> = {
  Account:
    "FullName* Sid* Name* AadUserId* PUID* ObjectGuid* NTDomain DnsDomain UPNSuffix AadTenantId IsDomainJoined DisplayName",
  AzureResource: "ResourceId*",
  CloudApplication: "AppId* Name* InstanceName",
  DNS: "DomainName*",
  File: "Name* Directory",
  FileHash: "Algorithm+Value",
  Host: "FullName* HostName* NetBiosName* AzureID* OMSAgentID* DnsDomain NTDomain OSFamily OSVersion IsDomainJoined",
  IoTDevice:
    "DeviceId* DeviceName Manufacturer Model FirmwareVersion OperatingSystem MacAddress Protocols SerialNumber Source IoTSecurityAgentId DeviceType",
  IP: "Address* AddressScope",
  Mailbox: "MailboxPrimaryAddress* DisplayName Upn ExternalDirectoryObjectId RiskLevel",
  MailCluster:
    "Query* Source* NetworkMessageIds CountByDeliveryStatus CountByThreatType CountByProtectionStatus Threats QueryTime MailCount IsVolumeAnomaly ClusterSourceIdentifier ClusterSourceType ClusterQueryStartTime ClusterQueryEndTime ClusterGroup",
  MailMessage:
    "NetworkMessageId* Recipient* Urls Threats Sender P1Sender P1SenderDisplayName P1SenderDomain SenderIP P2Sender P2SenderDisplayName P2SenderDomain ReceivedDate InternetMessageId Subject BodyFingerprintBin1 BodyFingerprintBin2 BodyFingerprintBin3 BodyFingerprintBin4 BodyFingerprintBin5 AntispamDirection DeliveryAction DeliveryLocation Language ThreatDetectionMethods",
  Malware: "Name* Category",
  Process: "CommandLine* ProcessId* ElevationToken CreationTimeUtc",
  RegistryKey: "Key* Hive*",
  RegistryValue: "Name* Value ValueType",
  SecurityGroup: "DistinguishedName* SID* ObjectGuid*",
  SubmissionMail:
    "SubmissionId* NetworkMessageId* Recipient* Submitter* Timestamp Sender SenderIp Subject ReportType SubmissionDate",
  URL: "Url*",
};

function typeOf(text: string): EntityType {
  const words = text.split(" ");
  return {
    identifiers: words.flatMap((word) => word.replace("*", "").split("+")),
    required: words.filter((word) => /[*+]/.test(word)).map((word) => word.replace("*", "").split("+")),
  };
}

export const ENTITY_TYPES: ReadonlyMap<string, EntityType> = new Map(
  Object.entries(TYPES).map(([name, text]) => [name, typeOf(text)]),
);
