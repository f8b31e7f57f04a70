import type { Dynamic } from "./json.ts";

/** Family and the pattern whose groups are the version's parts; the first that matches wins. */
type Rule = readonly [pattern: RegExp, family?: string];

const BROWSERS: readonly Rule[] = [
  [/(AdobeAIR)\/(\d+)\.(\d+)(?:\.(\d+))?/],
  [
    /(Googlebot|bingbot|DuckDuckBot|YandexBot|Baiduspider|AhrefsBot|SemrushBot|Applebot)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/,
  ],
  [/SymbianOS.*Series60\/(\d+)\.(\d+).*Safari/, "Nokia OSS Browser"],
  [/(?:EdgA|EdgiOS)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Edge Mobile"],
  [/(?:Edg|Edge)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Edge"],
  [/OPR\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Opera"],
  [/SamsungBrowser\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Samsung Internet"],
  [/(Vivaldi|YaBrowser|Electron|Teams)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  [/FxiOS\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Firefox iOS"],
  [/CriOS\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Chrome Mobile iOS"],
  [/Mobile.*Firefox\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Firefox Mobile"],
  [/(Thunderbird|Firefox)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  [/; wv\).*Chrome\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Chrome Mobile WebView"],
  [/HeadlessChrome\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "HeadlessChrome"],
  [/Android.*Chrome\/(\d+)(?:\.(\d+))?(?:\.(\d+))?.*Mobile/, "Chrome Mobile"],
  [/(Chromium|Chrome)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  [/Version\/(\d+)(?:\.(\d+))?(?:\.(\d+))?.*Mobile.*Safari\//, "Mobile Safari"],
  [/(?:iPhone|iPad|iPod).*AppleWebKit(?!.*Safari)/, "Mobile Safari UI/WKWebView"],
  [/Version\/(\d+)(?:\.(\d+))?(?:\.(\d+))?.*Safari\//, "Safari"],
  [/Trident\/7\.0.*rv:(\d+)(?:\.(\d+))?/, "IE"],
  [/MSIE (\d+)(?:\.(\d+))?/, "IE"],
  [/Opera(?:.*Version)?\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/, "Opera"],
  [/(?:python-requests|aiohttp|axios|okhttp|curl|Wget|PostmanRuntime|Go-http-client)\/(\d+)(?:\.(\d+))?(?:\.(\d+))?/],
];

const SYSTEMS: readonly Rule[] = [
  [/Windows Phone(?: OS)? (\d+)(?:\.(\d+))?/, "Windows Phone"],
  [/(Android) (\d+)(?:\.(\d+))?(?:\.(\d+))?/],
  [/(?:iPhone|iPad|iPod).*OS (\d+)_(\d+)(?:_(\d+))?/, "iOS"],
  [/Mac OS X (\d+)[_.](\d+)(?:[_.](\d+))?/, "Mac OS X"],
  [/CrOS \w+ (\d+)\.(\d+)(?:\.(\d+))?/, "Chrome OS"],
  [/(?:SymbianOS|Symbian OS)\/(\d+)\.(\d+)/, "Symbian OS"],
  [/(Ubuntu|Fedora|Debian|FreeBSD)(?:\/(\d+)(?:\.(\d+))?)?/],
  [/(Linux)/],
];
const WINDOWS: Readonly<Record<string, string>> = {
  "10.0": "10",
  "6.3": "8.1",
  "6.2": "8",
  "6.1": "7",
  "6.0": "Vista",
  "5.1": "XP",
};

function match(text: string, rules: readonly Rule[]): [family: string, parts: string[]] {
  for (const [pattern, family] of rules) {
    const found = pattern.exec(text);
    if (!found) continue;
    const groups = found.slice(1).map((part) => part ?? "");
    return family === undefined ? [namedFamily(found[0], groups), groups.filter(isNumeric)] : [family, groups];
  }
  return ["Other", []];
}
const isNumeric = (part: string): boolean => part === "" || /^\d/.test(part);
const namedFamily = (whole: string, groups: readonly string[]): string => {
  const first = groups[0] ?? "";
  return first !== "" && !/^\d/.test(first) ? first : (whole.split("/")[0] ?? "Other");
};

const bag = (entries: Readonly<Record<string, string>>): Dynamic => new Map(Object.entries(entries));

function browser(text: string): Dynamic {
  const [family, [major = "", minor = "", patch = ""]] = match(text, BROWSERS);
  return bag({ Family: family, MajorVersion: major, MinorVersion: minor, Patch: patch });
}

function system(text: string): Dynamic {
  const windows = /Windows NT (\d+\.\d+)/.exec(text)?.[1];
  const [family, [major = "", minor = "", patch = ""]] =
    windows === undefined
      ? match(text, /Windows/.test(text) ? [[/Windows/, "Windows"]] : SYSTEMS)
      : ["Windows", [WINDOWS[windows] ?? ""]];
  return bag({ Family: family, MajorVersion: major, MinorVersion: minor, Patch: patch, PatchMinor: "" });
}

function device(text: string): Dynamic {
  const apple = /iPhone|iPad|iPod/.exec(text)?.[0];
  if (apple) return bag({ Family: apple, Brand: "Apple", Model: apple });
  if (/Macintosh/.test(text)) return bag({ Family: "Mac", Brand: "Apple", Model: "Mac" });
  if (/bot\b|spider|crawl/i.test(text)) return bag({ Family: "Spider", Brand: "Spider", Model: "Desktop" });
  const nokia = /Nokia ?([A-Z]?\d+)(-\d+)?/.exec(text);
  if (nokia) return bag({ Family: `Nokia ${nokia[1]}`, Brand: "Nokia", Model: `${nokia[1]}${nokia[2] ?? ""}` });
  const android = /Android [^;)]+; (?:[a-z]{2}-[a-z]{2}; )?([^;)]+?)(?: Build\/[^;)]*)?\)/i.exec(text)?.[1];
  if (android && android.length > 1) {
    const brand = /^(SM-|GT-|SAMSUNG)/i.test(android)
      ? "Samsung"
      : /^Pixel|^Nexus/.test(android)
        ? "Google"
        : "Generic_Android";
    return bag({ Family: brand === "Samsung" ? `Samsung ${android}` : android, Brand: brand, Model: android });
  }
  return bag({ Family: "Other", Brand: "", Model: "" });
}

const MAX_TEXT = 2048;

/** What the agent's text says about the browser, the operating system and the device that are asked for. */
export function parseUserAgent(input: string, targets: readonly string[]): Dynamic {
  const text = input.slice(0, MAX_TEXT);
  const wanted = targets.map((target) => target.toLowerCase());
  const result = new Map<string, Dynamic>();
  if (wanted.includes("browser")) result.set("Browser", browser(text));
  if (wanted.includes("os")) result.set("OperatingSystem", system(text));
  if (wanted.includes("device")) result.set("Device", device(text));
  return result;
}
