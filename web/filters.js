// The subscription as the user writes it, and as it stands in the page's address.

const kMaxTopicBytes = 255;
const kMaxTopicTokens = 16;
const kMaxFilters = 1000;

const split = (text) => [...new Set(text.split(/[\s,]+/).filter(Boolean))];

// What is wrong with a filter, or "". The gateway has the last word; this is the quicker one.
function faultOf(filter) {
  if (filter.length > kMaxTopicBytes) return `is longer than ${kMaxTopicBytes} bytes`;
  const tokens = filter.split(".");
  if (tokens.length > kMaxTopicTokens) return `has more than ${kMaxTopicTokens} tokens`;
  for (const [index, token] of tokens.entries()) {
    if (token === "") return "has an empty token: dots go between tokens";
    if (token === "*") continue;
    if (token === ">") {
      if (index === tokens.length - 1) continue;
      return "has “>” before its end: it is only for the last token";
    }
    if (/[*>]/.test(token)) return `has “${token}”: a wildcard is a whole token`;
    if (!/^[A-Za-z0-9_-]+$/.test(token)) {
      return `has “${token}”: tokens are made of letters, digits, “_” and “-”`;
    }
  }
  return "";
}

// {filters: [...], error: ""}. No filter at all means every topic.
export function parseFilters(text) {
  const filters = split(text);
  if (filters.length > kMaxFilters) {
    const error = `There are ${filters.length} filters; ${kMaxFilters} are allowed.`;
    return { filters: [], error };
  }
  for (const filter of filters) {
    const fault = faultOf(filter);
    if (fault) return { filters: [], error: `“${filter}” ${fault}.` };
  }
  return { filters, error: "" };
}

// {types: [...], error: ""}.
export function parseTypes(text) {
  const types = split(text);
  const reserved = types.find((type) => type.startsWith("gateway."));
  if (reserved) {
    return { types: [], error: `“${reserved}” is the gateway's own and always listened for.` };
  }
  return { types, error: "" };
}

export function subscriptionFromUrl(url) {
  const query = new URL(url).searchParams;
  return { filters: query.getAll("topic").join(" "), types: query.getAll("type").join(" ") };
}

// The same address with this subscription in it; ">" and "*" stay readable.
export function urlWithSubscription(url, filters, types) {
  const result = new URL(url);
  const kept = [...result.searchParams].filter(([name]) => name !== "topic" && name !== "type");
  const pairs = [...kept, ...filters.map((f) => ["topic", f]), ...types.map((t) => ["type", t])];
  result.search = pairs
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&")
    .replaceAll("%3E", ">");
  return result.href;
}
