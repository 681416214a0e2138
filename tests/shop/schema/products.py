"""Products, their values, images, links, tier prices and composite types.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
catalog_product_entity
  entity_id int+ auto; attribute_set_id smallint+ =0; type_id varchar(32) =simple;
  sku varchar(64); has_options smallint =0; required_options smallint+ =0;
  created_at timestamp now; updated_at timestamp touch
  primary entity_id
  index attribute_set_id, sku

catalog_product_entity_datetime
  value_id int auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  value datetime?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_decimal
  value_id int+ auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  value decimal(20,6)?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_int
  value_id int auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  value int?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, attribute_id store_id value, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_text
  value_id int auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  value mediumtext?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_varchar
  value_id int auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  value varchar(255)?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_gallery
  value_id int auto; attribute_id smallint+ =0; store_id smallint+ =0; entity_id int+ =0;
  position int =0; value varchar(255)?
  primary value_id
  unique entity_id attribute_id store_id
  index attribute_id, entity_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade

catalog_product_entity_media_gallery
  value_id int+ auto; attribute_id smallint+ =0; value varchar(255)?;
  media_type varchar(32) =image; disabled smallint+ =0
  primary value_id
  index attribute_id
  parent attribute_id eav_attribute.attribute_id cascade

catalog_product_entity_media_gallery_value
  value_id int+ =0; store_id smallint+ =0; entity_id int+ =0; label varchar(255)?;
  position int+?; disabled smallint+ =0; record_id int+ auto
  primary record_id
  index entity_id, store_id, value_id, entity_id value_id store_id
  parent entity_id catalog_product_entity.entity_id cascade
  parent store_id store.store_id cascade
  parent value_id catalog_product_entity_media_gallery.value_id cascade

catalog_product_entity_media_gallery_value_to_entity
  value_id int+; entity_id int+
  primary value_id entity_id
  index entity_id
  parent entity_id catalog_product_entity.entity_id cascade
  parent value_id catalog_product_entity_media_gallery.value_id cascade

catalog_product_entity_tier_price
  value_id int auto; entity_id int+ =0; all_groups smallint+ =1; customer_group_id int+ =0;
  qty decimal(12,4) =1; value decimal(20,6) =0; website_id smallint+;
  percentage_value decimal(5,2)?
  primary value_id
  unique entity_id all_groups customer_group_id qty website_id
  index customer_group_id, website_id
  parent customer_group_id customer_group.customer_group_id cascade
  parent entity_id catalog_product_entity.entity_id cascade
  parent website_id store_website.website_id cascade

catalog_product_website
  product_id int+; website_id smallint+
  primary product_id website_id
  index website_id
  parent product_id catalog_product_entity.entity_id cascade
  parent website_id store_website.website_id cascade

catalog_product_relation
  parent_id int+; child_id int+
  primary parent_id child_id
  index child_id
  parent child_id catalog_product_entity.entity_id cascade
  parent parent_id catalog_product_entity.entity_id cascade

catalog_product_super_attribute
  product_super_attribute_id int+ auto; product_id int+ =0; attribute_id smallint+ =0;
  position smallint+ =0
  primary product_super_attribute_id
  unique product_id attribute_id
  parent product_id catalog_product_entity.entity_id cascade

catalog_product_super_attribute_label
  value_id int+ auto; product_super_attribute_id int+ =0; store_id smallint+ =0;
  use_default smallint+? =0; value varchar(255)?
  primary value_id
  unique product_super_attribute_id store_id
  index store_id
  parent product_super_attribute_id catalog_product_super_attribute cascade
  parent store_id store.store_id cascade

catalog_product_super_link
  link_id int+ auto; product_id int+ =0; parent_id int+ =0
  primary link_id
  unique product_id parent_id
  index parent_id
  parent parent_id catalog_product_entity.entity_id cascade
  parent product_id catalog_product_entity.entity_id cascade

catalog_product_link_type
  link_type_id smallint+ auto; code varchar(32)?
  primary link_type_id

catalog_product_link
  link_id int+ auto; product_id int+ =0; linked_product_id int+ =0; link_type_id smallint+ =0
  primary link_id
  unique link_type_id product_id linked_product_id
  index linked_product_id, product_id
  parent linked_product_id catalog_product_entity.entity_id cascade
  parent link_type_id catalog_product_link_type.link_type_id cascade
  parent product_id catalog_product_entity.entity_id cascade

catalog_product_link_attribute
  product_link_attribute_id smallint+ auto; link_type_id smallint+ =0;
  product_link_attribute_code varchar(32)?; data_type varchar(32)?
  primary product_link_attribute_id
  index link_type_id
  parent link_type_id catalog_product_link_type.link_type_id cascade

catalog_product_link_attribute_int
  value_id int+ auto; product_link_attribute_id smallint+?; link_id int+; value int =0
  primary value_id
  unique product_link_attribute_id link_id
  index link_id
  parent link_id catalog_product_link.link_id cascade
  parent product_link_attribute_id catalog_product_link_attribute.product_link_attribute_id cascade

catalog_product_link_attribute_decimal
  value_id int+ auto; product_link_attribute_id smallint+?; link_id int+; value decimal(20,6) =0
  primary value_id
  unique product_link_attribute_id link_id
  index link_id
  parent link_id catalog_product_link.link_id cascade
  parent product_link_attribute_id catalog_product_link_attribute.product_link_attribute_id cascade

catalog_product_link_attribute_varchar
  value_id int+ auto; product_link_attribute_id smallint+ =0; link_id int+; value varchar(255)?
  primary value_id
  unique product_link_attribute_id link_id
  index link_id
  parent link_id catalog_product_link.link_id cascade
  parent product_link_attribute_id catalog_product_link_attribute.product_link_attribute_id cascade

catalog_product_bundle_option
  option_id int+ auto; parent_id int+; required smallint+ =0; position int+ =0;
  type varchar(255)?
  primary option_id
  index parent_id
  parent parent_id catalog_product_entity.entity_id cascade

catalog_product_bundle_option_value
  value_id int+ auto; option_id int+; store_id smallint+; title varchar(255)?;
  parent_product_id int+
  primary value_id
  unique option_id parent_product_id store_id
  parent option_id catalog_product_bundle_option.option_id cascade

catalog_product_bundle_selection
  selection_id int+ auto; option_id int+; parent_product_id int+; product_id int+;
  position int+ =0; is_default smallint+ =0; selection_price_type smallint+ =0;
  selection_price_value decimal(12,4) =0; selection_qty decimal(12,4)?;
  selection_can_change_qty smallint =0
  primary selection_id
  index option_id, product_id
  parent option_id catalog_product_bundle_option.option_id cascade
  parent product_id catalog_product_entity.entity_id cascade

downloadable_link
  link_id int+ auto; product_id int+ =0; sort_order int+ =0; number_of_downloads int?;
  is_shareable smallint+ =0; link_url varchar(255)?; link_file varchar(255)?;
  link_type varchar(20)?; sample_url varchar(255)?; sample_file varchar(255)?;
  sample_type varchar(20)?
  primary link_id
  index product_id sort_order
  parent product_id catalog_product_entity.entity_id cascade

downloadable_link_title
  title_id int+ auto; link_id int+ =0; store_id smallint+ =0; title varchar(255)?
  primary title_id
  unique link_id store_id
  index store_id
  parent link_id downloadable_link.link_id cascade
  parent store_id store.store_id cascade
"""
