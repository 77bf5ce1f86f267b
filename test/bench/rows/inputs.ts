// The service against itself, with other searches, students, admissions and tokens.
import { assertAnswered } from "../answers.ts";
import { Servers } from "../bench.ts";
import { wrkLoad } from "../loads.ts";
import { getByIne, postByIdentity, postByIne, sampleInes } from "../requests.ts";
import { type Row, ratioResult } from "../results.ts";
import { prepareManyAdmissions, prepareManyTokens } from "../special-datasets.ts";

const fewStudents = 10_000;

const identity: Row = {
  name: "identity",
  async run(bench) {
    const dataset = await bench.dataset();
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const searches = postByIdentity(dataset, token);
    await assertAnswered(searches, service);
    const numbers = sampleInes(dataset, searches.length).map((ine) => postByIne(ine, token));
    const { folder, cores } = bench;
    const comparison = await bench.compare(
      { name: "by identity", servers: [service], load: wrkLoad(folder, cores.load, searches) },
      { name: "by INE", servers: [service], load: wrkLoad(folder, cores.load, numbers) },
    );
    await servers.close();
    const title = "lookup by civil identity / by INE, both REST POST";
    const note = `${searches.length} people in turn`;
    return [ratioResult({ row: "identity", title, goal: { atLeast: 0.8 }, note }, comparison)];
  },
};

const students: Row = {
  name: "students",
  async run(bench) {
    const many = await bench.dataset(bench.options.large ? 3_000_000 : 300_000);
    const few = await bench.dataset(fewStudents);
    await using servers = new Servers(bench);
    const [first, second] = [
      await servers.service({ dataset: many }),
      await servers.service({ dataset: few }),
    ];
    // As many different students on both sides: only the size of the table differs.
    const load = (dataset: typeof many) =>
      wrkLoad(
        bench.folder,
        bench.cores.load,
        sampleInes(dataset, fewStudents).map((ine) => getByIne(ine, dataset.token.token)),
      );
    const comparison = await bench.compare(
      { name: "many students", servers: [first], load: load(many) },
      { name: "few students", servers: [second], load: load(few) },
    );
    await servers.close();
    const size = many.students.toLocaleString("en");
    const title = `REST GET by INE: ${size} students / ${fewStudents.toLocaleString("en")}`;
    const note = bench.options.large ? "" : "--large takes 3,000,000 students";
    return [ratioResult({ row: "students", title, goal: { atLeast: 0.85 }, note }, comparison)];
  },
};

const tokens: Row = {
  name: "tokens",
  async run(bench) {
    const one = await bench.dataset(fewStudents);
    const many = await prepareManyTokens(one);
    await using servers = new Servers(bench);
    const first = await servers.service({ dataset: many.dataset, tokens: many.tokens, name: "many tokens" });
    const second = await servers.service({ dataset: one, name: "one token" });
    const ines = sampleInes(one, fewStudents);
    const issued = many.tokens;
    const rotating = ines.map((ine, index) => getByIne(ine, issued[index % issued.length]?.token ?? ""));
    const single = ines.map((ine) => getByIne(ine, one.token.token));
    const { folder, cores } = bench;
    const comparison = await bench.compare(
      { name: "many tokens", servers: [first], load: wrkLoad(folder, cores.load, rotating) },
      { name: "one token", servers: [second], load: wrkLoad(folder, cores.load, single) },
    );
    await servers.close();
    const title = `REST GET by INE: ${issued.length.toLocaleString("en")} tokens in turn / one`;
    return [ratioResult({ row: "tokens", title, goal: { atLeast: 0.95 } }, comparison)];
  },
};

const admissions: Row = {
  name: "admissions",
  async run(bench) {
    const { dataset, few, many } = await prepareManyAdmissions(bench.cores.all);
    const { token } = dataset.token;
    await using servers = new Servers(bench);
    const service = await servers.service({ dataset });
    const load = (ines: readonly string[]) =>
      wrkLoad(
        bench.folder,
        bench.cores.load,
        ines.map((ine) => getByIne(ine, token)),
      );
    const comparison = await bench.compare(
      { name: "20 admissions", servers: [service], load: load(many) },
      { name: "2 admissions", servers: [service], load: load(few) },
    );
    await servers.close();
    const title = "REST GET by INE: 20 admissions / 2";
    return [ratioResult({ row: "admissions", title, goal: { atLeast: 0.6 } }, comparison)];
  },
};

export const inputRows = [identity, students, tokens, admissions];
