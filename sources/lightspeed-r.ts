// Lightspeed Retail R-Series, API V3: pages by links, one budget for each account and OAuth client.
// Every scalar is text, a page of one row is an object, and zero rows have no key at all.

import { lightspeedR, lightspeedRVerdicts } from '../shared/core/source/presets.ts';
import { defineSource, type Stream } from '../shared/core/source/source.ts';

/** What differs from resource to resource; `envelope` is the key in the body when it is another. */
interface Resource {
  readonly path: string;
  readonly key: string;
  readonly envelope?: string;
  readonly description: string;
  /** Archived rows are left out by default, which looks like deletions: ask for them. */
  readonly archived?: true;
  /** The watermark, when it is not `timeStamp`. */
  readonly changed?: 'updatetime';
  readonly casts?: Stream['casts'];
}

/** Resources that cannot sort by time are read whole by each run. */
const snapshot = (name: string, resource: Resource): Stream => ({
  name,
  description: resource.description,
  path: `${resource.path}.json`,
  ...(resource.archived ? { query: { archived: 'true' } } : {}),
  records: { path: resource.envelope ?? resource.path, single: 'record', missing: 'none' },
  pagination: { kind: 'link', from: '@attributes.next', pageSize: 100, sizeParam: 'limit' },
  primaryKey: [resource.key],
  casts: { [resource.key]: 'bigint', ...resource.casts },
});

/**
 * `>=`, since timestamps have one-second resolution and `>` would drop ties. Sorted by time, so that
 * what changes during a run is left to the next one.
 */
const changing = (name: string, resource: Resource): Stream => {
  const changed = resource.changed ?? 'timeStamp';
  const whole = snapshot(name, resource);
  return {
    ...whole,
    query: { ...whole.query, sort: changed },
    incremental: { field: changed, param: changed, format: '>=,{value}', changedAt: changed },
    casts: { ...whole.casts, [changed]: 'timestamp' },
  };
};

export default defineSource({
  name: 'lightspeed-r',
  description: 'Lightspeed Retail R-Series',
  baseUrl: 'https://api.lightspeedapp.com/API/V3/Account/{accountId}',
  settings: {
    accountId: 'Number of the R-Series account',
    clientName: 'A name for the OAuth client: account and client together share one budget',
  },
  credentials: {
    kind: 'oauth2-refresh-token',
    tokenUrl: 'https://cloud.lightspeedapp.com/auth/oauth/token',
  },
  limits: lightspeedR,
  scope: 'lightspeed-r/{accountId}/{clientName}',
  verdicts: lightspeedRVerdicts,
  // One permit a second feeds two streams well; more would only wait for each other.
  concurrency: 2,
  streams: [
    changing('sales', {
      path: 'Sale',
      key: 'saleID',
      description: 'A sale, a refund or a quote, open or completed',
      archived: true,
      changed: 'updatetime',
      casts: {
        shopID: 'bigint',
        completed: 'boolean',
        archived: 'boolean',
        voided: 'boolean',
        completeTime: 'timestamp',
      },
    }),
    changing('sale_lines', {
      path: 'SaleLine',
      key: 'saleLineID',
      description: 'One line of a sale: item, quantity, price, discount',
      casts: { saleID: 'bigint', itemID: 'bigint', unitQuantity: 'double' },
    }),
    changing('sale_payments', {
      path: 'SalePayment',
      key: 'salePaymentID',
      description: 'A payment towards a sale',
      casts: { saleID: 'bigint', paymentTypeID: 'bigint' },
    }),
    changing('items', {
      path: 'Item',
      key: 'itemID',
      description: 'A product that is sold, archived ones included',
      archived: true,
      casts: { categoryID: 'bigint', archived: 'boolean' },
    }),
    changing('item_shops', {
      path: 'ItemShop',
      key: 'itemShopID',
      description: 'Stock of an item in a shop; shopID 0 is the sum of all shops',
      casts: { itemID: 'bigint', shopID: 'bigint', qoh: 'double' },
    }),
    changing('item_matrices', {
      path: 'ItemMatrix',
      key: 'itemMatrixID',
      description: 'A product with variants, such as sizes and colours',
      archived: true,
    }),
    changing('categories', {
      path: 'Category',
      key: 'categoryID',
      description: 'A node of the category tree; a deleted one leaves no trace',
      casts: { parentID: 'bigint' },
    }),
    changing('customers', {
      path: 'Customer',
      key: 'customerID',
      description: 'A customer, archived ones included',
      archived: true,
      casts: { customerTypeID: 'bigint', archived: 'boolean' },
    }),
    snapshot('customer_custom_fields', {
      path: 'Customer/CustomField',
      key: 'customFieldID',
      envelope: 'CustomField',
      description: 'A field that the shop added to its customers',
    }),
    changing('customer_types', {
      path: 'CustomerType',
      key: 'customerTypeID',
      description: 'A group of customers with its discount and tax rules',
    }),
    changing('employees', {
      path: 'Employee',
      key: 'employeeID',
      description: 'A person who works in a shop',
      archived: true,
    }),
    changing('manufacturers', {
      path: 'Manufacturer',
      key: 'manufacturerID',
      description: 'A brand',
    }),
    changing('vendors', {
      path: 'Vendor',
      key: 'vendorID',
      description: 'A supplier, archived ones included',
      archived: true,
    }),
    changing('orders', {
      path: 'Order',
      key: 'orderID',
      description: 'A purchase order to a vendor',
      archived: true,
      casts: { vendorID: 'bigint', shopID: 'bigint' },
    }),
    changing('order_lines', {
      path: 'OrderLine',
      key: 'orderLineID',
      description: 'One line of a purchase order',
      casts: { orderID: 'bigint', itemID: 'bigint' },
    }),
    changing('shipments', {
      path: 'Shipment',
      key: 'shipmentID',
      envelope: 'OrderShipment',
      description: 'Goods that arrived for a purchase order',
    }),
    changing('transfers', {
      path: 'Inventory/Transfer',
      key: 'transferID',
      envelope: 'Transfer',
      description: 'Goods moved from shop to shop',
    }),
    changing('workorders', {
      path: 'Workorder',
      key: 'workorderID',
      description: 'A repair or service job',
      archived: true,
    }),
    changing('discounts', {
      path: 'Discount',
      key: 'discountID',
      description: 'A discount that can be given',
      archived: true,
    }),
    changing('tax_categories', {
      path: 'TaxCategory',
      key: 'taxCategoryID',
      description: 'A sales tax',
    }),
    snapshot('shops', { path: 'Shop', key: 'shopID', description: 'A shop of the account' }),
    snapshot('registers', {
      path: 'Register',
      key: 'registerID',
      description: 'A till of a shop',
    }),
    snapshot('payment_types', {
      path: 'PaymentType',
      key: 'paymentTypeID',
      description: 'A way to pay',
      archived: true,
    }),
    snapshot('price_levels', {
      path: 'PriceLevel',
      key: 'priceLevelID',
      description: 'A list of prices, such as retail or staff',
    }),
    snapshot('tags', { path: 'Tag', key: 'tagID', description: 'A word that marks items' }),
    snapshot('item_attribute_sets', {
      path: 'ItemAttributeSet',
      key: 'itemAttributeSetID',
      description: 'The attributes in which variants differ',
    }),
    {
      ...snapshot('inventory_log', {
        path: 'InventoryLog',
        key: 'inventoryLogID',
        description: 'A change of stock and its reason; rows are only ever added',
      }),
      // It cannot sort by time, but it is a log: its ids only grow.
      incremental: {
        field: 'inventoryLogID',
        param: 'inventoryLogID',
        format: '>,{value}',
        type: 'integer',
      },
    },
  ],
});
