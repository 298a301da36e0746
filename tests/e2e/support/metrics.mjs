// What the gateway says of itself.
export async function metric(gateway, name) {
  const text = await (await fetch(`http://${gateway.admin}/metrics`)).text();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  if (line === undefined) throw new Error(`there is no metric ${name}`);
  return Number(line.slice(name.length + 1));
}
