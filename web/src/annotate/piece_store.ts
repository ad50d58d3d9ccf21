// Pieces that the server has not acknowledged, in the browser's IndexedDB: they outlive reloads and crashes.

import type { RaterEvent } from "./types";

const DATABASE = "moodcurve-study";
const STORE = "pieces";

export interface Piece {
  /** The page that made it. */
  client: string;
  number: number;
  events: RaterEvent[];
}

interface StoredPiece extends Piece {
  rater: string;
}

export class PieceStore {
  /** Without a database, pieces are only in memory. */
  private constructor(
    private readonly rater: string,
    private readonly database: IDBDatabase | null,
  ) {}

  /** Open the store; some browsers have none in private windows. */
  static async open(rater: string): Promise<PieceStore> {
    try {
      return new PieceStore(rater, await openDatabase());
    } catch {
      return new PieceStore(rater, null);
    }
  }

  get isDurable(): boolean {
    return this.database !== null;
  }

  /** The pieces that pages of this rater left, the oldest first. */
  async left(): Promise<Piece[]> {
    if (this.database === null) return [];
    const store = this.database.transaction(STORE).objectStore(STORE);
    const pieces = (await done(store.getAll())) as StoredPiece[];
    return pieces.filter((piece) => piece.rater === this.rater);
  }

  /** Store a piece; the promise is rejected if the disk is full. */
  async add(piece: Piece): Promise<void> {
    if (this.database === null) return;
    const transaction = this.database.transaction(STORE, "readwrite");
    const added = done(transaction.objectStore(STORE).add({ rater: this.rater, ...piece }));
    // the browser need not wait for more events before it writes
    transaction.commit();
    await added;
  }

  /** Remove the pieces of a page up to a number. */
  async remove(client: string, received: number): Promise<void> {
    if (this.database === null) return;
    const index = this.database.transaction(STORE, "readwrite").objectStore(STORE).index("page");
    const range = IDBKeyRange.bound([this.rater, client, 0], [this.rater, client, received]);
    const request = index.openCursor(range);
    await new Promise<void>((resolve, reject) => {
      request.onerror = () => reject(request.error);
      request.onsuccess = () => {
        const cursor = request.result;
        if (cursor === null) return resolve();
        cursor.delete();
        cursor.continue();
      };
    });
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    // keys count up, so that pieces of several pages keep their order
    const store = request.result.createObjectStore(STORE, { autoIncrement: true });
    store.createIndex("page", ["rater", "client", "number"]);
  };
  return done(request);
}

function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser cannot store data"));
  });
}
