const response = await fetch(process.argv[2], { headers: { accept: 'text/event-stream' } });
let rest = '';
for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    if (line.startsWith('data:')) process.stdout.write(`${line.slice(5).trim()}\n`);
  }
}
