"""Invoices, credit memos and shipments of orders.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
sales_invoice
  entity_id int+ auto; store_id smallint+?; base_grand_total decimal(20,4)?;
  shipping_tax_amount decimal(20,4)?; tax_amount decimal(20,4)?; base_tax_amount decimal(20,4)?;
  store_to_order_rate decimal(20,4)?; base_shipping_tax_amount decimal(20,4)?;
  base_discount_amount decimal(20,4)?; base_to_order_rate decimal(20,4)?;
  grand_total decimal(20,4)?; shipping_amount decimal(20,4)?; subtotal_incl_tax decimal(20,4)?;
  base_subtotal_incl_tax decimal(20,4)?; store_to_base_rate decimal(20,4)?;
  base_shipping_amount decimal(20,4)?; total_qty decimal(12,4)?;
  base_to_global_rate decimal(20,4)?; subtotal decimal(20,4)?; base_subtotal decimal(20,4)?;
  discount_amount decimal(20,4)?; billing_address_id int?; is_used_for_refund smallint+?;
  order_id int+; email_sent smallint?; send_email smallint+?; can_void_flag smallint+?;
  state int?; shipping_address_id int?; store_currency_code varchar(3)?;
  transaction_id varchar(255)?; order_currency_code varchar(3)?; base_currency_code varchar(3)?;
  global_currency_code varchar(3)?; increment_id varchar(50)?; created_at timestamp now;
  updated_at timestamp touch; discount_tax_compensation_amount decimal(20,4)?;
  base_discount_tax_compensation_amount decimal(20,4)?;
  shipping_discount_tax_compensation_amount decimal(20,4)?;
  base_shipping_discount_tax_compensation_amnt decimal(20,4)?; shipping_incl_tax decimal(20,4)?;
  base_shipping_incl_tax decimal(20,4)?; base_total_refunded decimal(20,4)?;
  discount_description varchar(255)?; customer_note text?; customer_note_notify smallint+?
  primary entity_id
  unique increment_id store_id
  index created_at, email_sent, grand_total, order_id, send_email, state, store_id, updated_at
  parent order_id sales_order.entity_id cascade
  parent store_id store.store_id null

sales_invoice_item
  entity_id int+ auto; parent_id int+; base_price decimal(20,4)?; tax_amount decimal(20,4)?;
  base_row_total decimal(20,4)?; discount_amount decimal(20,4)?; row_total decimal(20,4)?;
  base_discount_amount decimal(20,4)?; price_incl_tax decimal(20,4)?;
  base_tax_amount decimal(20,4)?; base_price_incl_tax decimal(20,4)?; qty decimal(12,4)?;
  base_cost decimal(20,4)?; price decimal(20,4)?; base_row_total_incl_tax decimal(20,4)?;
  row_total_incl_tax decimal(20,4)?; product_id int?; order_item_id int?; additional_data text?;
  description text?; sku varchar(255)?; name varchar(255)?;
  discount_tax_compensation_amount decimal(20,4)?;
  base_discount_tax_compensation_amount decimal(20,4)?; tax_ratio text?; weee_tax_applied text?;
  weee_tax_applied_amount decimal(12,4)?; weee_tax_applied_row_amount decimal(12,4)?;
  weee_tax_disposition decimal(12,4)?; weee_tax_row_disposition decimal(12,4)?;
  base_weee_tax_applied_amount decimal(12,4)?; base_weee_tax_applied_row_amnt decimal(12,4)?;
  base_weee_tax_disposition decimal(12,4)?; base_weee_tax_row_disposition decimal(12,4)?
  primary entity_id
  index parent_id
  parent parent_id sales_invoice.entity_id cascade

sales_creditmemo
  entity_id int+ auto; store_id smallint+?; adjustment_positive decimal(20,4)?;
  base_shipping_tax_amount decimal(20,4)?; store_to_order_rate decimal(20,4)?;
  base_discount_amount decimal(20,4)?; base_to_order_rate decimal(20,4)?;
  grand_total decimal(20,4)?; base_adjustment_negative decimal(20,4)?;
  base_subtotal_incl_tax decimal(20,4)?; shipping_amount decimal(20,4)?;
  subtotal_incl_tax decimal(20,4)?; adjustment_negative decimal(20,4)?;
  base_shipping_amount decimal(20,4)?; store_to_base_rate decimal(20,4)?;
  base_to_global_rate decimal(20,4)?; base_adjustment decimal(20,4)?;
  base_subtotal decimal(20,4)?; discount_amount decimal(20,4)?; subtotal decimal(20,4)?;
  adjustment decimal(20,4)?; base_grand_total decimal(20,4)?;
  base_adjustment_positive decimal(20,4)?; base_tax_amount decimal(20,4)?;
  shipping_tax_amount decimal(20,4)?; tax_amount decimal(20,4)?; order_id int+;
  email_sent smallint?; send_email smallint+?; creditmemo_status int?; state int?;
  shipping_address_id int?; billing_address_id int?; invoice_id int?;
  store_currency_code varchar(3)?; order_currency_code varchar(3)?;
  base_currency_code varchar(3)?; global_currency_code varchar(3)?; transaction_id varchar(255)?;
  increment_id varchar(50)?; created_at timestamp now; updated_at timestamp touch;
  discount_tax_compensation_amount decimal(20,4)?;
  base_discount_tax_compensation_amount decimal(20,4)?;
  shipping_discount_tax_compensation_amount decimal(20,4)?;
  base_shipping_discount_tax_compensation_amnt decimal(20,4)?; shipping_incl_tax decimal(20,4)?;
  base_shipping_incl_tax decimal(20,4)?; discount_description varchar(255)?; customer_note text?;
  customer_note_notify smallint+?
  primary entity_id
  unique increment_id store_id
  index created_at, creditmemo_status, email_sent, order_id, send_email, state, store_id
  index updated_at
  parent order_id sales_order.entity_id cascade
  parent store_id store.store_id null

sales_creditmemo_item
  entity_id int+ auto; parent_id int+; base_price decimal(20,4)?; tax_amount decimal(20,4)?;
  base_row_total decimal(20,4)?; discount_amount decimal(20,4)?; row_total decimal(20,4)?;
  base_discount_amount decimal(20,4)?; price_incl_tax decimal(20,4)?;
  base_tax_amount decimal(20,4)?; base_price_incl_tax decimal(20,4)?; qty decimal(12,4)?;
  base_cost decimal(20,4)?; price decimal(20,4)?; base_row_total_incl_tax decimal(20,4)?;
  row_total_incl_tax decimal(20,4)?; product_id int?; order_item_id int?; additional_data text?;
  description text?; sku varchar(255)?; name varchar(255)?;
  discount_tax_compensation_amount decimal(20,4)?;
  base_discount_tax_compensation_amount decimal(20,4)?; tax_ratio text?; weee_tax_applied text?;
  weee_tax_applied_amount decimal(12,4)?; weee_tax_applied_row_amount decimal(12,4)?;
  weee_tax_disposition decimal(12,4)?; weee_tax_row_disposition decimal(12,4)?;
  base_weee_tax_applied_amount decimal(12,4)?; base_weee_tax_applied_row_amnt decimal(12,4)?;
  base_weee_tax_disposition decimal(12,4)?; base_weee_tax_row_disposition decimal(12,4)?
  primary entity_id
  index parent_id
  parent parent_id sales_creditmemo.entity_id cascade

sales_shipment
  entity_id int+ auto; store_id smallint+?; total_weight decimal(12,4)?;
  total_qty decimal(12,4)?; email_sent smallint?; send_email smallint+?; order_id int+;
  customer_id int?; shipping_address_id int?; billing_address_id int?; shipment_status int?;
  increment_id varchar(50)?; created_at timestamp now; updated_at timestamp touch;
  packages text?; shipping_label mediumblob?; customer_note text?;
  customer_note_notify smallint+?
  primary entity_id
  unique increment_id store_id
  index created_at, email_sent, order_id, send_email, store_id, total_qty, updated_at
  parent order_id sales_order.entity_id cascade
  parent store_id store.store_id null

sales_shipment_item
  entity_id int+ auto; parent_id int+; row_total decimal(20,4)?; price decimal(20,4)?;
  weight decimal(12,4)?; qty decimal(12,4)?; product_id int?; order_item_id int?;
  additional_data text?; description text?; name varchar(255)?; sku varchar(255)?
  primary entity_id
  index parent_id
  parent parent_id sales_shipment.entity_id cascade

sales_shipment_track
  entity_id int+ auto; parent_id int+; weight decimal(12,4)?; qty decimal(12,4)?; order_id int+;
  track_number text?; description text?; title varchar(255)?; carrier_code varchar(32)?;
  created_at timestamp now; updated_at timestamp touch
  primary entity_id
  index created_at, order_id, parent_id
  parent parent_id sales_shipment.entity_id cascade

inventory_shipment_source
  shipment_id int+; source_code varchar(255)
  primary shipment_id
"""
