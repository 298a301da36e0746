// Who signs tokens: an ES256 key, and its public half in a file as --jwt_jwks takes it.
import { generateKeyPairSync, sign } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

export class Issuer {
  #key;
  #directory = fs.mkdtempSync(path.join(os.tmpdir(), "ssegw-issuer-"));

  constructor() {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    this.#key = privateKey;
    const jwk = { ...publicKey.export({ format: "jwk" }), kid: "a", use: "sig" };
    fs.writeFileSync(this.jwksFile, JSON.stringify({ keys: [jwk] }));
  }

  get jwksFile() {
    return path.join(this.#directory, "jwks.json");
  }

  // For a gateway that takes its tokens.
  get flags() {
    return ["--auth=jwt", `--jwt_jwks=${this.jwksFile}`];
  }

  // A file beside the keys, such as one of ticket keys.
  file(name, text) {
    const file = path.join(this.#directory, name);
    fs.writeFileSync(file, text);
    return file;
  }

  token(claims, seconds = 3600) {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    const text = [{ alg: "ES256", kid: "a" }, { exp, ...claims }]
      .map((part) => base64url(JSON.stringify(part))).join(".");
    const signature = sign("sha256", text, { key: this.#key, dsaEncoding: "ieee-p1363" });
    return `${text}.${base64url(signature)}`;
  }

  remove() {
    fs.rmSync(this.#directory, { recursive: true, force: true });
  }
}
