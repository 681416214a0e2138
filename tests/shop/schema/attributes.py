"""Entity types, attribute sets, attributes, options and their labels.

The notation is described in `tests.shop.schema.notation`.
"""

TABLES = """
eav_entity_type
  entity_type_id smallint+ auto; entity_type_code varchar(50); entity_model varchar(255);
  attribute_model varchar(255)?; entity_table varchar(255)?; value_table_prefix varchar(255)?;
  entity_id_field varchar(255)?; is_data_sharing smallint+ =1;
  data_sharing_key varchar(100)? =default; default_attribute_set_id smallint+ =0;
  increment_model varchar(255)?; increment_per_store smallint+ =0;
  increment_pad_length smallint+ =8; increment_pad_char varchar(1) =0;
  additional_attribute_table varchar(255)?; entity_attribute_collection varchar(255)?
  primary entity_type_id
  index entity_type_code

eav_attribute_set
  attribute_set_id smallint+ auto; entity_type_id smallint+ =0; attribute_set_name varchar(255)?;
  sort_order smallint =0
  primary attribute_set_id
  unique entity_type_id attribute_set_name
  index entity_type_id sort_order
  parent entity_type_id eav_entity_type.entity_type_id cascade

eav_attribute_group
  attribute_group_id smallint+ auto; attribute_set_id smallint+ =0;
  attribute_group_name varchar(255)?; sort_order smallint =0; default_id smallint+? =0;
  attribute_group_code varchar(255); tab_group_code varchar(255)?
  primary attribute_group_id
  unique attribute_set_id attribute_group_code
  unique attribute_set_id attribute_group_name
  index attribute_set_id sort_order
  parent attribute_set_id eav_attribute_set.attribute_set_id cascade

eav_attribute
  attribute_id smallint+ auto; entity_type_id smallint+ =0; attribute_code varchar(255);
  attribute_model varchar(255)?; backend_model varchar(255)?; backend_type varchar(8) =static;
  backend_table varchar(255)?; frontend_model varchar(255)?; frontend_input varchar(50)?;
  frontend_label varchar(255)?; frontend_class varchar(255)?; source_model varchar(255)?;
  is_required smallint+ =0; is_user_defined smallint+ =0; default_value text?;
  is_unique smallint+ =0; note varchar(255)?
  primary attribute_id
  unique entity_type_id attribute_code
  index frontend_input entity_type_id is_user_defined
  parent entity_type_id eav_entity_type.entity_type_id cascade

eav_entity_attribute
  entity_attribute_id int+ auto; entity_type_id smallint+ =0; attribute_set_id smallint+ =0;
  attribute_group_id smallint+ =0; attribute_id smallint+ =0; sort_order smallint =0
  primary entity_attribute_id
  unique attribute_group_id attribute_id
  unique attribute_set_id attribute_id
  index attribute_id, attribute_set_id sort_order
  parent attribute_group_id eav_attribute_group.attribute_group_id cascade
  parent attribute_id eav_attribute.attribute_id cascade

catalog_eav_attribute
  attribute_id smallint+; frontend_input_renderer varchar(255)?; is_global smallint+ =1;
  is_visible smallint+ =1; is_searchable smallint+ =0; is_filterable smallint+ =0;
  is_comparable smallint+ =0; is_visible_on_front smallint+ =0;
  is_html_allowed_on_front smallint+ =0; is_used_for_price_rules smallint+ =0;
  is_filterable_in_search smallint+ =0; used_in_product_listing smallint+ =0;
  used_for_sort_by smallint+ =0; apply_to varchar(255)?;
  is_visible_in_advanced_search smallint+ =0; position int =0; is_wysiwyg_enabled smallint+ =0;
  is_used_for_promo_rules smallint+ =0; is_required_in_admin_store smallint+ =0;
  is_used_in_grid smallint+ =0; is_visible_in_grid smallint+ =0;
  is_filterable_in_grid smallint+ =0; search_weight float =1;
  is_pagebuilder_enabled tinyint(1) =0; additional_data text?
  primary attribute_id
  index used_for_sort_by, used_in_product_listing
  parent attribute_id eav_attribute.attribute_id cascade

customer_eav_attribute
  attribute_id smallint+; is_visible smallint+ =1; input_filter varchar(255)?;
  multiline_count smallint+ =1; validate_rules text?; is_system smallint+ =0; sort_order int+ =0;
  data_model varchar(255)?; is_used_in_grid smallint+ =0; is_visible_in_grid smallint+ =0;
  is_filterable_in_grid smallint+ =0; is_searchable_in_grid smallint+ =0;
  grid_filter_condition_type smallint+ =0
  primary attribute_id
  index sort_order
  parent attribute_id eav_attribute.attribute_id cascade

customer_eav_attribute_website
  attribute_id smallint+; website_id smallint+; is_visible smallint+?; is_required smallint+?;
  default_value text?; multiline_count smallint+?
  primary attribute_id website_id
  index website_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent website_id store_website.website_id cascade

eav_attribute_label
  attribute_label_id int+ auto; attribute_id smallint+ =0; store_id smallint+ =0;
  value varchar(255)?
  primary attribute_label_id
  index attribute_id store_id, store_id
  parent attribute_id eav_attribute.attribute_id cascade
  parent store_id store.store_id cascade

eav_attribute_option
  option_id int+ auto; attribute_id smallint+ =0; sort_order smallint+ =0
  primary option_id
  index attribute_id
  parent attribute_id eav_attribute.attribute_id cascade

eav_attribute_option_value
  value_id int+ auto; option_id int+ =0; store_id smallint+ =0; value varchar(255)?
  primary value_id
  unique store_id option_id
  index option_id, store_id
  parent option_id eav_attribute_option.option_id cascade
  parent store_id store.store_id cascade

eav_attribute_option_swatch
  swatch_id int+ auto; option_id int+; store_id smallint+; type smallint+; value varchar(255)?
  primary swatch_id
  unique store_id option_id
  index swatch_id, option_id
  parent option_id eav_attribute_option.option_id cascade
  parent store_id store.store_id cascade
"""
