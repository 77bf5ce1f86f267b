// The words of fictitious referentials, made up or of everybody's use. Codes are those of INSEE (COG).

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

export const frenchSurnames = words(`
  Martin Bernard Robert Richard Durand Petit Moreau Simon Laurent Lefebvre Michel Garcia David Bertrand Roux
  Vincent Fournier Morel Girard André Mercier Blanc Guérin Boyer Garnier Chevalier François Legrand Gauthier
  Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier Masson Marchand Duval Denis Dumont Marie
  Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet Gaillard Barbier Arnaud
  Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert Lemoine Renaud Dumas
  Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte Lopez
  Jean Dupuy Guillot Hubert Berger Carpentier Sanchez Dupuis Moulin Louis Deschamps Huet Vasseur Perez Boucher
  Fleury Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard
  Maillard Baron Bertin Bailly Hervé Schneider Fernandez Le\u00a0Gall Collet Léger Bouvier Julien Prévost
  Millet Perrot Daniel Le\u00a0Roux Cousin Germain Breton Besson Langlois Rémy Le\u00a0Goff Pelletier Lévêque
  Perrier Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger Jacob Monnier Michaud Rodriguez Guichard
  Gillet Étienne Grondin Poulain Tessier Chevallier Collin Chauvin Da\u00a0Silva Bouchet Gay Lemaître Bénard
  Maréchal Humbert Reynaud Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay
  Pasquier Carlier Laporte Cœur Lesœur Vœgtlin Haÿ Naÿrat`).map((word) => word.replace("\u00a0", " "));

/** Beginnings and ends of surnames that are put together: 30 × 32 × what stands between. */
export const surnameStarts = words(`
  Mont Beau Roche Bois Clair Fonte Val Haute Bel Cham Grand Aigue Ville Pré Croix Mar Lan Ker Tré Pen Saint Cour
  Font Puy Mau Bré Gué Châ Éche Lé`);
export const surnameMiddles = words("be ba do ga la ne ra ri sa ti va vi lo ma no ce re me ro na te");
export const surnameEnds = words(`
  ville fort mont bert main gnac court nel rier gnon teau leux quet geois vel naud lain mard chon reau sson
  ssard gier zac dier vaux lieu pierre fay rue goux nec`);

/** With their space or apostrophe. */
export const frenchParticles = ["de ", "de La ", "du ", "d'", "Le ", "La ", "des ", "de L'"] as const;

export interface Origin {
  /** COG codes of the countries. */
  readonly countries: readonly string[];
  readonly surnames: readonly string[];
  readonly particles: readonly string[];
  readonly givenNames: Readonly<Record<"M" | "F", readonly string[]>>;
}

export const origins: readonly Origin[] = [
  {
    countries: ["99352", "99350", "99351"],
    surnames: words(`Benali Haddad Mansouri Belkacem Cherif Bouaziz Saïdi Amrani Bensaïd Ziani Khelifi Brahimi
      Hamdaoui Tazi Berrada Lahlou Trabelsi Jaziri Gharbi Meziane Ouali Boukhris Zerrouki Naciri`),
    particles: ["El ", "Ben ", "Aït ", "Bou "],
    givenNames: {
      M: words("Mohamed Karim Yassine Mehdi Bilal Ayoub Ilyès Rachid Amine Walid Nabil Sofiane Zakaria Anis"),
      F: words("Inès Yasmine Fatima Leïla Nour Amina Salma Kenza Meriem Imène Hajar Sarah Rania Assia"),
    },
  },
  {
    countries: ["99341", "99335", "99326", "99322", "99330", "99327", "99345", "99324", "99312"],
    surnames: words(`Diallo Traoré Koné Ndiaye N'Diaye Diop Camara Coulibaly Keïta Touré Sow Fofana Mbemba
      N'Guessan M'Bappa Ouattara Cissé Bâ Kouassi Mabiala Nzinga Tchoupo Dembélé Sissoko`),
    particles: [],
    givenNames: {
      M: words("Moussa Ibrahima Mamadou Cheikh Abdoulaye Ousmane Seydou Kossi Aliou Boubacar Souleymane"),
      F: words("Aminata Fatou Awa Mariam Khady Aïssata Oumou Rokhaya Adjoua Bintou Djénéba Kadiatou"),
    },
  },
  {
    countries: ["99139", "99416", "99134", "99127"],
    surnames: words(`Ferreira Pereira Gonçalves Araújo Magalhães Simões Muñoz Peña Ibáñez Núñez Rossi D'Angelo
      Esposito Conti Carvalho Teixeira Assunção Castañeda Güell De\u00a0Luca`).map((word) =>
      word.replace("\u00a0", " "),
    ),
    particles: ["da ", "dos ", "de ", "Della ", "De "],
    givenNames: {
      M: words("João Tiago Nuno Álvaro Íñigo Matteo Gonçalo Rui José Iñaki Lorenzo Andrés"),
      F: words("Inês Conceição Lúcia Begoña Chiara Assunta María Núria Sofía Beatriz Joana Ângela"),
    },
  },
  {
    countries: ["99109", "99131", "99135", "99136", "99132", "99101", "99104", "99103"],
    surnames: words(`Müller Schäfer Weiß Jäger Vandenberghe Peeters Claes O'Connor MacCarthy O'Neill Sørensen
      Ødegård Åkesson Björklund Thorsen Smith Taylor Großmann Königsberger Van\u00a0Damme`).map((word) =>
      word.replace("\u00a0", " "),
    ),
    particles: ["van ", "van den ", "von ", "von der ", "Mac "],
    givenNames: {
      M: words("Jürgen Søren Åke Björn Liam Seán Günther Pieter Niklas Øystein Conor"),
      F: words("Zoë Aoife Niamh Saoirse Grete Åsa Anke Marijke Sinéad Bärbel Ingrid"),
    },
  },
  {
    countries: ["99122", "99114", "99155", "99123", "99121", "99116"],
    surnames: words(`Kowalski Wałęska Łukasik Świątek Żurawski Dąbrowska Popescu Ionescu Țurcanu Șerban Novák
      Dvořák Černý Marković Đorđević Petrović Shevchenko Kovalenko Ivanova Hrycyk`),
    particles: [],
    givenNames: {
      M: words("Łukasz Michał Paweł Ștefan Răzvan Jiří Đorđe Oleksandr Bogdan Mikołaj Zdeněk"),
      F: words("Małgorzata Agnieszka Ioana Ștefania Zuzana Jelena Olena Daryna Żaneta Oksana"),
    },
  },
  {
    countries: ["99243", "99216", "99239", "99217", "99223", "99235", "99234"],
    surnames: words(`Nguyễn Trần Lê Phạm Hoàng Đặng Vũ Bùi Wang Li Zhang Chen Kim Park Tanaka Satō Patel Singh
      Sivakumar Rajendran Lý Ōno`),
    particles: [],
    givenNames: {
      M: words("Minh Hùng Đức Quốc-Anh Wei Jun Hiroshi Kenji Arjun Ravi Min-Jun Yūto"),
      F: words("Linh Hương Thảo Mai-Anh Xin Yan Yūko Sakura Priya Anjali Ji-Woo Ngọc"),
    },
  },
  {
    countries: ["99208", "99206", "99205", "99212", "99204", "99203"],
    surnames: words(`Yılmaz Demir Çelik Şahin Öztürk Güneş Khoury Al-Hakim Haddad Ahmadi Rezaï Hosseini Karimi
      Barzani Saleh El-Sayed Nazarî Kaplan`),
    particles: ["Al ", "El "],
    givenNames: {
      M: words("Mehmet Çağlar İbrahim Ömer Elias Georges Farid Reza Navid Özgür Rami"),
      F: words("Ayşe Gülşen Rim Shirin Zeynep Çiğdem Maryam Parisa Nour Rana"),
    },
  },
  {
    countries: ["99333", "99397", "99410", "99390"],
    surnames:
      words(`Rakotoarisoa Andrianarivelo Razafindrakoto Ramanantsoa Saïd-Omar Mohamed-Ali Jean-Baptiste
      Pierre-Louis Toussaint Ratsimbazafy Bacar Désir`),
    particles: [],
    givenNames: {
      M: words("Hery Tojo Jean-Robert Wisly Saïd Dieudonné Mamy Ruddy"),
      F: words("Voahangy Fara Mirlande Nadège Échata Lalao Guerda Zaïna"),
    },
  },
];

export const frenchGivenNames: Readonly<Record<"M" | "F", readonly string[]>> = {
  M: words(`Lucas Hugo Thomas Enzo Théo Louis Nathan Mathis Maxime Léo Antoine Alexandre Clément Paul Jules Romain
    Pierre Baptiste Quentin Arthur Valentin Victor Raphaël Gabriel Adrien Julien Nicolas Simon Benjamin Martin
    Samuel Rémi Florian Loïc Aurélien Guillaume Gaël Joël Noël Mathéo Anaël Éloi Étienne Jérémy Jean Kévin
    Tristan Maël Ewen Yann Malo Corentin François Dorian Axel Robin Tom Noé Sacha Jean-Baptiste Pierre-Louis
    Jean-Marc Paul-Émile Marc-Antoine Loup Côme Anatole Basile Augustin Titouan Gwenaël`),
  F: words(`Léa Manon Emma Chloé Camille Inès Sarah Clara Marie Jade Louise Lucie Mathilde Juliette Anaïs Pauline
    Laura Julie Océane Alice Zoé Eva Margaux Justine Lola Lisa Romane Charlotte Maëlle Héloïse Noémie Élise Éva
    Agathe Ambre Jeanne Rose Capucine Élodie Amélie Célia Gaëlle Solène Maëva Salomé Anouk Faustine Apolline
    Lætitia Mélissa Coralie Victoire Clémence Adèle Marine Anne-Sophie Marie-Lou Anne-Laure Marie-Ève Lou-Anne
    Rose-Marie Joséphine Eugénie Suzanne Astrid Bérénice Domitille Gwenaëlle`),
};

/** Communes where people are born and study. */
export const communes = words(`
  75101 75102 75103 75104 75105 75106 75107 75108 75109 75110 75111 75112 75113 75114 75115 75116 75117 75118
  75119 75120 13201 13202 13203 13204 13205 13206 13207 13208 13209 13210 13211 13212 13213 13214 13215 13216
  69381 69382 69383 69384 69385 69386 69387 69388 69389 31555 06088 44109 67482 34172 33063 59350 35238 51454
  76351 42218 83137 38185 21231 49007 30189 69266 63113 72181 13001 29019 37261 80021 87085 74010 66136 57463
  25056 45234 76540 68224 14118 54395 93066 95018 93048 59512 59599 84007 86194 64445 17300 62193 06029 2A004
  2B033 97209 97120 97302 97411 97608 29232 26362 73065 10387 56121 56260 79191 81004 64102 62041 90010 78646
  92050 94028 91228 95127 91471 91272 91477 03310 18033 65440 27229 53130 71270 68066`);

export const institutionKinds = [
  "Université",
  "École supérieure d'art",
  "École d'ingénieurs",
  "Institut universitaire de technologie",
  "Lycée - classes préparatoires",
  "Lycée - sections de techniciens supérieurs",
  "Institut de formation en soins infirmiers",
  "École de commerce",
  "Institut d'études politiques",
  "École nationale supérieure",
] as const;
