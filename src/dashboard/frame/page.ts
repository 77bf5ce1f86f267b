// What a page is made of. docs/dashboard.md tells how to add one.
import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { Person, SignedIn } from "../../access/person.ts";
import type { ServiceError } from "../../errors.ts";
import type { Html } from "../html/html.ts";
import type { Form } from "./form.ts";

/** A page: its address, who finds it in the menus, what it shows, and what its forms do. */
export interface Page {
  /** Address with its parameters: `/tableau-de-bord/jetons/{id}`. */
  readonly path: string;
  /**
   * Who is meant. It decides on the way to the sign-in page only: what somebody may see and do is decided by the
   * services that the page calls.
   */
  readonly audience: "public" | "anyone" | "contact" | "operator";
  /** Whether its answer is written while it is read, and may take long. */
  readonly streams?: true;
  /** Shows the page. It is shown again, with `visit.attempt`, when an action is refused. */
  readonly show: (visit: Visit) => View | Next | Promise<View | Next>;
  /** What the forms of the page do, by the value of their hidden field `action`. */
  readonly actions?: Readonly<Record<string, Action>>;
}

export type Action = (visit: Visit, form: Form) => View | Next | Promise<View | Next>;

/** One request for a page. */
export interface Visit {
  /** The path, without query. */
  readonly path: string;
  /** Parameters of the address, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Who looks. Absent on public pages only, and there when nobody is signed in. */
  readonly signedIn: SignedIn | undefined;
  /** Instant of the request, in milliseconds since 1970. */
  readonly now: number;
  readonly requestId: string;
  readonly clientAddress: string;
  /** `https://statut-etudiant.example`: where the browser sees this service. */
  readonly origin: string;
  /** The hidden field that every form of the page holds. */
  readonly formToken: string;
  /** The refused action that the page is shown again for. */
  readonly attempt: Attempt | undefined;
  /** Secret of this browser, kept in a cookie: it binds what was asked here to who asked. */
  readonly browserSecret: string;
  /** Cookies of the request. */
  readonly cookies: ReadonlyMap<string, string>;
  /** Adds a `Set-Cookie` header to the answer. */
  setCookie(header: string): void;
  /** Calls a method as the person who looks, with the same checks as over the network. */
  call<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: MessageInitShape<Input>,
  ): Promise<MessageShape<Output>>;
  /** As `call`, for a method that streams its answer. */
  stream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodServerStreaming<Input, Output>,
    request: MessageInitShape<Input>,
  ): AsyncIterable<MessageShape<Output>>;
}

/** An action that was refused, so that the page can show what was typed and what is wrong with it. */
export interface Attempt {
  readonly action: string;
  readonly form: Form;
  readonly error: ServiceError;
}

/** What a page shows. */
export interface View {
  readonly kind?: "view";
  /** Title of the page, without the service's name. */
  readonly title: string;
  readonly body: Html;
  /** The way here: label and address of each page above this one. */
  readonly trail?: readonly (readonly [label: string, href: string])[];
  readonly status?: number;
  /** Whether the page brings charts, and the files that draw them. */
  readonly hasCharts?: boolean;
}

/** What an action, or a page, leads to instead of showing something. */
export type Next =
  | {
      readonly kind: "redirect";
      readonly to: string;
      readonly notice?: string;
      /** Whether the browser forgets what it keeps of this site. */
      readonly clearsSite?: true;
    }
  | {
      readonly kind: "download";
      readonly contentType: string;
      readonly fileName: string;
      readonly body: Uint8Array | AsyncIterable<Uint8Array>;
    };

/** Leads to another page of ours (303), which shows the notice once. */
export function redirect(to: string, notice?: string): Next {
  return notice === undefined ? { kind: "redirect", to } : { kind: "redirect", to, notice };
}

/** Who looks at a page that is not public. */
export function personOf(visit: Visit): Person {
  const person = visit.signedIn?.person;
  if (person === undefined) throw new Error("a page that is not public has a person");
  return person;
}
