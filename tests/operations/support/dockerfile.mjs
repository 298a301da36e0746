// Reads as much of a Dockerfile and of a .dockerignore as this project's have.

// [{base, name, instructions: [{name, text, options, words}]}]; what stands before the first FROM is a stage without name.
export function parseDockerfile(text) {
  const stages = [{ instructions: [] }];
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n/g, ' ').split('\n').filter((line) => line.trim());
  for (const line of lines) {
    const [, name, rest] = line.trim().match(/^([A-Z]+)\s+(.*)$/);
    if (name === 'FROM') {
      const [, base, as] = rest.match(/^(\S+)(?: AS (\S+))?$/);
      stages.push({ base, name: as, instructions: [] });
      continue;
    }
    const options = Object.fromEntries([...rest.matchAll(/(?:^|\s)--([a-z-]+)=(\S+)/g)].map(([, key, value]) => [key, value]));
    const words = rest.split(/\s+/).filter((word) => !word.startsWith('--'));
    stages.at(-1).instructions.push({ name, text: rest, options, words });
  }
  return stages;
}

// Whether a path is left out of the build's context. The last pattern that matches counts; one for a directory matches
// what is in it.
export function isIgnored(ignore, path) {
  let ignored = false;
  for (const line of ignore.split('\n').filter((l) => l && !l.startsWith('#'))) {
    const pattern = line.replace(/^!/, '');
    if (pattern === '*' || path === pattern || path.startsWith(`${pattern}/`)) ignored = !line.startsWith('!');
  }
  return ignored;
}
