// The user who is logged in with FranceConnect in the demonstration: the fictitious student of its other examples.
import { demonstrationClientId, ensureDemonstrationUserToken } from "../access/demonstration.ts";
import type { Clock } from "../clock.ts";
import { type StandIn, startStandIn } from "../france-connect/stand-in.ts";

const claims = {
  aud: demonstrationClientId,
  sub: "b6048e95bb134ec5b1d1e1fa69f287172e91722b9354d637a1bcf2ebb0fd2ef5v1",
  acr: "eidas1",
  scope:
    "openid identite_pivot mesri_admissions mesri_admission_inscrit mesri_admission_regime_formation mesri_admission_commune_etudes mesri_admission_etablissement_etudes",
  gender: "male",
  family_name: "AUTORBB",
  given_name: "LANCE",
  given_name_array: ["LANCE"],
  birthdate: "2005-02-05",
  birthplace: "",
  birthcountry: "99138",
};

/** Starts the imitation of FranceConnect, in which that user is logged in, and gives the user's token. */
export async function startDemonstrationUser(
  dataDir: string,
  clock: Clock,
): Promise<{ readonly token: string; readonly standIn: StandIn }> {
  const token = await ensureDemonstrationUserToken(dataDir);
  return { token, standIn: await startStandIn([{ token, claims }], clock) };
}
