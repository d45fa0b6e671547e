// Pages as the Lightspeed APIs send them, the same at every call: R-Series items (all scalars are
// strings, slashes are escaped), X-Series products (UUIDs, nested lists, 64-bit versions).

/** The JSON of each record, compact, exactly as it stands on the page. */
export function itemsOfR(count: number): string[] {
  const draw = drawsFrom(7);
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(itemOfR(draw, index + 1)).replaceAll('/', '\\/'),
  );
}

export function pageOfR(records: readonly string[]): string {
  const next =
    'https:\\/\\/api.lightspeedapp.com\\/API\\/V3\\/Account\\/1\\/Item.json?after=WzEwMF0';
  return `{"@attributes":{"next":"${next}","previous":""},"Item":[${records.join(',')}]}`;
}

export function productsOfX(count: number): string[] {
  const draw = drawsFrom(9);
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(productOfX(draw, index + 1)).replace(/"int64:(\d+)"/g, '$1'),
  );
}

export function pageOfX(records: readonly string[]): string {
  const version = '{"min":9007199254740993,"max":9007199254745993}';
  return `{"data":[${records.join(',')}],"version":${version}}`;
}

interface Draw {
  below: (limit: number) => number;
  money: () => string;
  text: (words: number) => string;
  uuid: () => string;
  time: () => string;
}

function itemOfR(draw: Draw, id: number): unknown {
  const flags = { discountable: 'true', tax: 'true', archived: 'false', publishToEcom: 'false' };
  const ids = { taxClassID: '1', departmentID: '0', itemMatrixID: '0', seasonID: '0' };
  const codes = { upc: String(600000000000 + draw.below(1e9)), ean: '', customSku: '' };
  return {
    itemID: String(id),
    systemSku: String(210000000000 + id),
    defaultCost: draw.money(),
    avgCost: draw.money(),
    ...flags,
    itemType: 'default',
    serialized: 'false',
    description: draw.text(2 + draw.below(6)),
    modelYear: '0',
    ...codes,
    manufacturerSku: draw.uuid().slice(0, 8),
    createTime: draw.time(),
    timeStamp: draw.time(),
    categoryID: String(draw.below(90)),
    ...ids,
    manufacturerID: String(draw.below(50)),
    defaultVendorID: '0',
    Category: { categoryID: '5', name: draw.text(1), nodeDepth: '1', fullPathName: 'Bikes/Road' },
    ItemShops: { ItemShop: several(1 + draw.below(3), (shop) => stockOfR(draw, id, shop)) },
    Prices: {
      ItemPrice: ['Default', 'MSRP', 'Online'].map((useType, index) => {
        return { amount: draw.money(), useTypeID: String(index + 1), useType };
      }),
    },
    Note:
      draw.below(3) === 0 ? { noteID: '7', note: `${draw.text(8)} "5/8"`, isPublic: 'false' } : '',
  };
}

function stockOfR(draw: Draw, itemId: number, shop: number): unknown {
  return {
    itemShopID: String(itemId * 4 + shop),
    qoh: String(draw.below(30)),
    sellable: '3',
    backorder: '0',
    componentQoh: '0',
    reorderPoint: '0',
    reorderLevel: '0',
    timeStamp: draw.time(),
    itemID: String(itemId),
    shopID: String(shop),
  };
}

function productOfX(draw: Draw, id: number): unknown {
  const named = () => ({
    id: draw.uuid(),
    name: draw.text(1),
    deleted_at: null,
    version: version(),
  });
  const version = () => `int64:${9007199254740993n + BigInt(draw.below(1e9))}`;
  const image = 'https://vendimageuploadcdn.global.ssl.fastly.net/1920,1920/vend-images';
  return {
    id: draw.uuid(),
    source_id: null,
    variant_parent_id: draw.below(2) === 0 ? draw.uuid() : null,
    name: draw.text(3),
    variant_name: draw.text(5),
    handle: draw.text(2).toLowerCase(),
    sku: String(10000 + id),
    supplier_code: null,
    active: true,
    has_inventory: true,
    is_composite: false,
    description: `<p>${draw.text(25)}</p>`,
    image_url: `${image}/original/${draw.uuid()}.jpg`,
    created_at: draw.time(),
    updated_at: draw.time(),
    deleted_at: null,
    source: 'USER',
    account_code: null,
    supply_price: Number(draw.money()),
    version: version(),
    type: named(),
    product_category: { id: draw.uuid(), leaf_category: true, category_path: several(2, named) },
    supplier: { ...(draw.below(4) > 0 ? named() : {}), source: 'USER', description: null },
    brand: named(),
    variant_options: several(draw.below(3), () => ({ id: draw.uuid(), name: 'Size', value: 'L' })),
    categories: several(draw.below(3), named),
    images: several(draw.below(2), () => ({ id: draw.uuid(), url: `${image}/1.jpg` })),
    product_codes: [{ id: draw.uuid(), type: 'CUSTOM', code: String(10000 + id) }],
    product_suppliers: [],
    has_variants: draw.below(3) === 0,
    variant_count: draw.below(4),
    button_order: null,
    price_including_tax: Number(draw.money()),
    price_excluding_tax: draw.below(3e7) / 1e5,
    loyalty_amount: null,
    attributes: [],
    tag_ids: several(draw.below(4), draw.uuid),
    is_active: true,
    weight: draw.below(30) / 10,
    weight_unit: 'kg',
    dimensions_unit: null,
  };
}

const WORDS = ['Domane', 'carbon', 'road', 'bike', 'glove', 'café', 'Größe', 'large', '700x25'];

function several<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

/** Draws by a linear congruential generator (Numerical Recipes): a seed always gives one page. */
function drawsFrom(seed: number): Draw {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const hex = (length: number) => several(length, () => below(16).toString(16)).join('');
  const two = (limit: number) => String(1 + below(limit)).padStart(2, '0');
  return {
    below,
    money: () => (below(30_000) / 100).toFixed(2),
    text: (words) => several(words, () => WORDS[below(WORDS.length)] ?? '').join(' '),
    uuid: () => [8, 4, 4, 4, 12].map(hex).join('-'),
    time: () => `2026-${two(11)}-${two(27)}T${two(22)}:${two(58)}:${two(58)}+00:00`,
  };
}
