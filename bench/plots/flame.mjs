// A flame graph of a profile, as one SVG:
//   perf record -e cpu-clock -F 2999 -g -p <pid> -- sleep 10
//   perf script | node bench/plots/flame.mjs "title" > docs/performance/flame.svg
// Each box is a function, as wide as its share of the samples; what it calls is above it. What is
// narrower than 0.4 % is left out.

import fs from 'node:fs';
import path from 'node:path';

const width = 1180;
const rowHeight = 17;
const leastShare = 0.004;

// Each sample of `perf script`: the thread's name, then its functions from the outermost inwards.
export function stacksOf(script) {
  return script
    .split('\n\n')
    .map((block) => block.split('\n').filter((line) => line.trim() !== ''))
    .filter((block) => block.length > 1)
    .map(([head, ...frames]) => {
      const functions = frames.map((frame) => frame.trim().replace(/^[0-9a-f]+ /, '').replace(/\+0x[0-9a-f]+/, '').replace(/ \([^()]*\)$/, ''));
      // A number instead of a name: the frame pointer was used for something else.
      return [head.trim().split(/\s+\d+/)[0], ...functions.filter((name) => name !== '[unknown]').reverse()];
    });
}

export function treeOf(stacks) {
  const root = { name: 'all', samples: 0, children: new Map() };
  for (const stack of stacks) {
    let node = root;
    ++root.samples;
    for (const name of stack) {
      if (!node.children.has(name)) node.children.set(name, { name, samples: 0, children: new Map() });
      node = node.children.get(name);
      ++node.samples;
    }
  }
  return root;
}

const escape = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const isKernel = (name) => /^(__|_|do_|tcp_|ip_|inet|sock_|skb_|sk_|net_|napi|process_backlog|handle_softirqs|entry_|sys|x64|asm_|exc_|pvm_|ep_|schedule|finish_|kmem|fdget|release_)/.test(name);

export function flame(root, title) {
  const boxes = [];
  let deepest = 0;
  const draw = (node, x, depth) => {
    const share = node.samples / root.samples;
    if (share < leastShare) return;
    deepest = Math.max(deepest, depth);
    boxes.push({ node, x, depth, share });
    let at = x;
    for (const child of [...node.children.values()].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      draw(child, at, depth + 1);
      at += (width * child.samples) / root.samples;
    }
  };
  draw(root, 0, 0);
  const height = 40 + (deepest + 1) * rowHeight;
  const drawn = boxes.map(({ node, x, depth, share }) => {
    const y = height - 6 - (depth + 1) * rowHeight;
    const w = width * share;
    const room = Math.floor((w - 6) / 6.6);
    const text = room < 3 ? '' : node.name.length <= room ? node.name : `${node.name.slice(0, room - 1)}…`;
    const fill = depth === 0 ? '#ddd' : depth === 1 ? '#56b4e9' : isKernel(node.name) ? '#f0c277' : '#7fc9a9';
    return (
      `<g><rect x="${x.toFixed(1)}" y="${y}" width="${Math.max(w - 0.5, 0.5).toFixed(1)}" height="${rowHeight - 1}" fill="${fill}"/>` +
      `<title>${escape(node.name)}: ${(share * 100).toFixed(1)} %</title>` +
      (text === '' ? '' : `<text x="${(x + 3).toFixed(1)}" y="${y + 12}">${escape(text)}</text>`) +
      '</g>'
    );
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="monospace" font-size="11" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="4" y="18" font-family="sans-serif" font-size="15" font-weight="bold">${escape(title)}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

if (process.argv[1] && path.resolve(process.argv[1]) === new URL(import.meta.url).pathname) {
  const tree = treeOf(stacksOf(fs.readFileSync(0, 'utf8')));
  if (tree.samples === 0) {
    console.error('no samples: this reads what `perf script` prints');
    process.exit(1);
  }
  process.stdout.write(flame(tree, process.argv[2] ?? 'CPU'));
}
